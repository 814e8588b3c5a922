-- What operators and administrators read in psql: \dv+ ops.* is the manual. People script against these: columns are
-- only added, at the end. No view shows what was written in a channel.

create or replace view ops.queue as
select a.handle as agent,
  coalesce(q.queued, 0) as queued,
  coalesce(r.running, 0) as running,
  coalesce(f.failed, 0) as failed,
  q.oldest_age,
  coalesce(q.waiting, 0) as waiting,
  n.max_concurrency as at_most,
  n.paused,
  n.provider,
  n.model
from chat.agent n
join chat.account a on a.id = n.account_id
left join (
  select g.agent_id, count(*) as queued, count(*) filter (where g.run_at > now()) as waiting,
    greatest(now() - min(g.queued_at), interval '0') as oldest_age
  from chat.generation g
  where g.state = 'queued'
  group by g.agent_id
) q on q.agent_id = n.account_id
left join (
  select g.agent_id, count(*) as running from chat.generation g where g.state = 'running' group by g.agent_id
) r on r.agent_id = n.account_id
left join (
  select g.agent_id, count(*) as failed from chat.generation g where g.state = 'failed' group by g.agent_id
) f on f.agent_id = n.account_id
order by q.oldest_age desc nulls last, a.handle;
comment on view ops.queue is 'Per agent: how many generations are queued, running and failed, and for how long the oldest queued one has waited. The oldest wait comes first.';
comment on column ops.queue.queued is 'Not running yet, those included that wait for a later attempt.';
comment on column ops.queue.failed is 'Given up and not retried since; select * from ops.stuck shows why.';
comment on column ops.queue.oldest_age is 'How long the oldest queued one has waited for its reply since it was asked for.';
comment on column ops.queue.waiting is 'Those of the queued that wait for their next attempt (rate limit, backoff).';
comment on column ops.queue.at_most is 'How many of the agent may run at once in all processes; null: no limit.';
comment on column ops.queue.paused is 'Nothing of the agent starts; select ops.resume_agent(agent) ends the pause.';

create or replace view ops.generations as
select g.id,
  a.handle as agent,
  c.name as channel,
  p.handle as person,
  g.state,
  g.attempt,
  g.max_attempts,
  date_trunc('second', coalesce(g.finished_at, now()) - g.queued_at) as age,
  case when g.state = 'queued' and g.run_at > now() then date_trunc('second', g.run_at - now()) end as waiting,
  w.name as worker,
  date_trunc('second', g.lease_until - now()) as lease,
  g.error,
  g.error_code,
  g.input_tokens,
  g.output_tokens,
  g.flushes,
  date_trunc('milliseconds', g.first_token_at - g.queued_at) as to_first_token,
  g.queued_at,
  g.run_at,
  g.claimed_at,
  g.first_token_at,
  g.finished_at,
  g.priority,
  g.depth,
  g.message_id as reply,
  g.asked_by_message as asked_by,
  g.fence
from chat.generation g
join chat.account a on a.id = g.agent_id
join chat.channel c on c.id = g.channel_id
join chat.account p on p.id = g.person_id
left join chat.worker w on w.id = g.worker_id;
comment on view ops.generations is 'Every generation, readable. The newest: select * from ops.generations order by id desc limit 20. Fast whatever has finished: by id, by state queued, running or failed, by finished_at.';
comment on column ops.generations.person is 'Who asked, also when agents asked each other in between (depth).';
comment on column ops.generations.state is 'queued, running, completed, failed or cancelled.';
comment on column ops.generations.attempt is 'Attempts begun since it was asked for or last retried.';
comment on column ops.generations.age is 'How long the person has waited; when it has finished: how long it took.';
comment on column ops.generations.waiting is 'Time until the next attempt, when that lies ahead (rate limit, backoff).';
comment on column ops.generations.worker is 'Who runs it, or ran it last; null when that worker has said goodbye.';
comment on column ops.generations.lease is 'What is left of the worker''s lease while running; negative: expired.';
comment on column ops.generations.error is 'The last error: why it failed, or why it waits for another attempt.';
comment on column ops.generations.flushes is 'In how many chunks the completed reply had been streamed.';
comment on column ops.generations.priority is 'Higher runs first: mentions 0, retries of administrators -1.';
comment on column ops.generations.reply is 'The id of the reply''s message.';
comment on column ops.generations.asked_by is 'The id of the message that mentions the agent.';

create or replace view ops.workers as
select w.name as worker,
  case
    when w.last_seen_at < now() - interval '15 seconds' then 'silent'
    when w.draining then 'draining'
    else 'working'
  end as state,
  coalesce(r.running, 0) as running,
  w.slots,
  date_trunc('second', now() - w.last_seen_at) as last_seen,
  date_trunc('second', now() - w.started_at) as up,
  coalesce(r.expired, 0) as expired,
  w.id,
  w.started_at,
  w.last_seen_at,
  w.draining
from chat.worker w
left join (
  select g.worker_id, count(*) as running, count(*) filter (where g.lease_until < now()) as expired
  from chat.generation g
  where g.state = 'running'
  group by g.worker_id
) r on r.worker_id = w.id
where w.last_seen_at > now() - interval '1 day' or r.running > 0
order by w.last_seen_at < now() - interval '15 seconds', w.name, w.id;
comment on view ops.workers is 'The worker processes of the last day. One that shut down in order is gone from here; one that was killed or frozen stays as silent.';
comment on column ops.workers.state is 'working; draining: finishes what it runs and takes nothing new; silent: no heartbeat for 15 seconds, so killed, frozen or cut off.';
comment on column ops.workers.last_seen is 'Since its last heartbeat.';
comment on column ops.workers.expired is 'Those of the running whose lease has expired; any working worker takes them over.';

create or replace view ops.stuck as
with fleet as materialized (
  select count(*) as alive, count(*) filter (where not w.draining) as working
  from chat.worker w
  where w.last_seen_at >= now() - interval '15 seconds'
), busy as materialized (
  select g.agent_id, count(*) as running from chat.generation g where g.state = 'running' group by g.agent_id
), found as (
  select g.id, g.agent_id, g.channel_id, g.person_id, g.message_id, g.state, g.attempt, g.max_attempts, g.queued_at, g.finished_at,
    g.worker_id, g.error,
    case
      when g.lease_until < now() then 'lease expired ' || date_trunc('second', now() - g.lease_until) || ' ago: its worker was killed, frozen or cut off'
      when g.first_token_at is null then 'no first text since ' || date_trunc('second', now() - g.claimed_at)
      else 'no new text since ' || date_trunc('second', now() - greatest(g.first_token_at, g.progress_at))
    end as reason,
    'select ops.retry(' || g.id || ');' as mend
  from chat.generation g
  join chat.agent n on n.account_id = g.agent_id
  where g.state = 'running'
    and (g.lease_until < now()
      -- an agent that may take longer by its own limits is not stuck
      or greatest(g.claimed_at, g.first_token_at, g.progress_at)
        < now() - greatest(interval '1 minute', case when g.first_token_at is null then n.first_token_limit else n.idle_limit end))
  union all
  select g.id, g.agent_id, g.channel_id, g.person_id, g.message_id, g.state, g.attempt, g.max_attempts, g.queued_at, g.finished_at,
    g.worker_id, g.error,
    case
      when n.paused then 'its agent is paused'
      when g.run_at > now() then 'waits ' || date_trunc('second', g.run_at - now()) || ' more for attempt ' || g.attempt + 1
      when fleet.alive = 0 then 'no worker is running'
      when fleet.working = 0 then 'every worker is draining'
      when b.running >= n.max_concurrency then 'its agent runs ' || b.running || ' of at most ' || n.max_concurrency
      else 'no slot was free'
    end || ', queued for ' || date_trunc('second', now() - g.queued_at),
    case
      when n.paused then 'select ops.resume_agent(' || quote_literal(a.handle) || ');'
      when g.run_at > now() then 'select ops.retry(' || g.id || ');'
      when fleet.alive = 0 then 'start a worker: HOLDFAST_ROLE=worker'
      when fleet.working = 0 then 'select ops.resume_worker(worker) from ops.workers where state = ''draining'';'
      when b.running >= n.max_concurrency then 'raise the agent''s maxConcurrency, on the page /agents'
      else 'start another worker, or raise HOLDFAST_WORKER_SLOTS'
    end
  from chat.generation g
  join chat.agent n on n.account_id = g.agent_id
  join chat.account a on a.id = g.agent_id
  cross join fleet
  left join busy b on b.agent_id = g.agent_id
  where g.state = 'queued' and g.queued_at < now() - interval '1 minute'
  union all
  select g.id, g.agent_id, g.channel_id, g.person_id, g.message_id, g.state, g.attempt, g.max_attempts, g.queued_at, g.finished_at,
    g.worker_id, g.error,
    'failed ' || case when g.attempt = 1 then 'at the first attempt' else 'after ' || g.attempt || ' attempts' end,
    'select ops.retry(' || g.id || ');'
  from chat.generation g
  where g.state = 'failed'
)
select f.id, f.reason, f.mend, a.handle as agent, c.name as channel, p.handle as person, f.state, f.attempt,
  date_trunc('second', now() - f.queued_at) as age, w.name as worker, f.error, f.queued_at, f.finished_at
from found f
join chat.account a on a.id = f.agent_id
join chat.channel c on c.id = f.channel_id
join chat.account p on p.id = f.person_id
left join chat.worker w on w.id = f.worker_id;
comment on view ops.stuck is 'What needs somebody: lease expired, no new text for a minute (or the agent''s own limit, if that is longer), queued for over a minute, failed. mend says what to do; select ops.retry(id) from ops.stuck runs all of them again.';
comment on column ops.stuck.reason is 'Why it is here, in words.';
comment on column ops.stuck.mend is 'The statement, or the step, that gets it going.';
comment on column ops.stuck.age is 'Since it was asked for, or last retried.';

create or replace view ops.throughput as
with minutes as (
  select generate_series(date_trunc('minute', now()) - interval '59 minutes', date_trunc('minute', now()), interval '1 minute') as minute
), finished as (
  select date_trunc('minute', g.finished_at) as minute,
    count(*) filter (where g.state = 'completed') as finished,
    count(*) filter (where g.state = 'failed') as failed,
    count(*) filter (where g.state = 'cancelled') as cancelled,
    coalesce(sum(g.input_tokens), 0) as input_tokens,
    coalesce(sum(g.output_tokens), 0) as output_tokens,
    percentile_cont(array[0.5, 0.95]) within group (order by extract(epoch from g.first_token_at - g.queued_at))
      filter (where g.state = 'completed') as to_first_token,
    percentile_cont(array[0.5, 0.95]) within group (order by extract(epoch from g.finished_at - g.queued_at))
      filter (where g.state = 'completed') as whole
  from chat.generation g
  where g.state in ('completed', 'failed', 'cancelled') and g.finished_at >= date_trunc('minute', now()) - interval '59 minutes'
  group by 1
)
select m.minute,
  coalesce(f.finished, 0) as finished,
  coalesce(f.failed, 0) as failed,
  coalesce(f.cancelled, 0) as cancelled,
  coalesce(f.input_tokens, 0) as input_tokens,
  coalesce(f.output_tokens, 0) as output_tokens,
  date_trunc('milliseconds', make_interval(secs => f.to_first_token[1])) as first_token_p50,
  date_trunc('milliseconds', make_interval(secs => f.to_first_token[2])) as first_token_p95,
  date_trunc('milliseconds', make_interval(secs => f.whole[1])) as reply_p50,
  date_trunc('milliseconds', make_interval(secs => f.whole[2])) as reply_p95
from minutes m
left join finished f on f.minute = m.minute
order by m.minute desc;
comment on view ops.throughput is 'The last hour by the minute, newest first: replies finished, failed and cancelled, tokens, and how long people waited for the first text and for the whole reply (p50, p95 of those that finished in that minute).';
comment on column ops.throughput.finished is 'Replies that completed in this minute.';
comment on column ops.throughput.first_token_p50 is 'From the mention (or the last retry) to the first text, median.';
comment on column ops.throughput.reply_p50 is 'From the mention (or the last retry) to the whole reply, median.';

create or replace view ops.audit as
select u.id, u.at, u.actor, u.action, u.subject, u.detail
from chat.audit u
order by u.id desc;
comment on view ops.audit is 'What administrators did, newest first: select * from ops.audit limit 20.';
comment on column ops.audit.actor is 'The handle of an account on the page, or the database user of an SQL session.';
comment on column ops.audit.subject is 'What was changed: generation 12, agent ada, worker web-1.';

revoke all on all tables in schema ops from public;
do $$
declare
  reader text;
begin
  foreach reader in array array['holdfast_ops', 'holdfast_readonly', 'holdfast_web'] loop
    if exists (select from pg_roles where rolname = reader) then
      execute format('grant usage on schema ops to %I', reader);
      execute format('grant select on ops.queue, ops.generations, ops.workers, ops.stuck, ops.throughput, ops.audit to %I', reader);
    end if;
  end loop;
  -- a worker process exports the queue's metrics as well, and nothing else of this
  if exists (select from pg_roles where rolname = 'holdfast_worker') then
    grant usage on schema ops to holdfast_worker;
    grant select on ops.queue to holdfast_worker;
  end if;
end
$$;
