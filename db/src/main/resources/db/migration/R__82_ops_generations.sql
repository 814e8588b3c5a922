-- Every generation, and those that need somebody.

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
comment on column ops.generations.error is 'The last error: why it failed, why it waits for another attempt, or what cut a completed reply short.';
comment on column ops.generations.flushes is 'In how many chunks the completed reply had been streamed.';
comment on column ops.generations.priority is 'Higher runs first: mentions 0, retries of administrators -1.';
comment on column ops.generations.reply is 'The id of the reply''s message.';
comment on column ops.generations.asked_by is 'The id of the message that mentions the agent.';

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
      when coalesce(w.last_seen_at, g.claimed_at) > clock_timestamp() then 'the database''s clock was set back, and its worker has not been heard of since'
      when g.first_token_at is null then 'no first text since ' || date_trunc('second', now() - g.claimed_at)
      else 'no new text since ' || date_trunc('second', now() - greatest(g.first_token_at, g.progress_at))
    end as reason,
    'select ops.retry(' || g.id || ');' as mend
  from chat.generation g
  join chat.agent n on n.account_id = g.agent_id
  left join chat.worker w on w.id = g.worker_id
  where g.state = 'running'
    and (g.lease_until < now()
      -- by its lease it is missed only once the clock has caught up
      or coalesce(w.last_seen_at, g.claimed_at) > clock_timestamp()
      -- an agent that may take longer by its own limits is not stuck; heartbeats see its text up to 5 s late
      or greatest(g.claimed_at, g.first_token_at, g.progress_at) < now() - greatest(interval '1 minute',
        interval '5 seconds' + case when g.first_token_at is null then n.first_token_limit else n.idle_limit end))
  union all
  select g.id, g.agent_id, g.channel_id, g.person_id, g.message_id, g.state, g.attempt, g.max_attempts, g.queued_at, g.finished_at,
    g.worker_id, g.error,
    case
      when a.disabled_at is not null then 'its agent is disabled'
      when n.paused then 'its agent is paused'
      when g.queued_at > clock_timestamp() then 'the database''s clock was set back: waits ' || date_trunc('second', g.run_at - now()) || ' more'
      when g.run_at > now() then 'waits ' || date_trunc('second', g.run_at - now()) || ' more for attempt ' || g.attempt + 1
      when fleet.alive = 0 then 'no worker is running'
      when fleet.working = 0 then 'every worker is draining'
      when b.running >= n.max_concurrency then 'its agent runs ' || b.running || ' of at most ' || n.max_concurrency
      else 'no slot was free'
    end || ', queued for ' || date_trunc('second', greatest(now() - g.queued_at, interval '0')),
    case
      when a.disabled_at is not null then 'select ops.cancel(' || g.id || ');'
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
  -- queued later than now: for how long is not known, and it will not run before
  where g.state = 'queued' and (g.queued_at < now() - interval '1 minute' or g.queued_at > clock_timestamp())
  union all
  select g.id, g.agent_id, g.channel_id, g.person_id, g.message_id, g.state, g.attempt, g.max_attempts, g.queued_at, g.finished_at,
    g.worker_id, g.error,
    'failed ' || case when g.attempt = 1 then 'at the first attempt' else 'after ' || g.attempt || ' attempts' end,
    'select ops.retry(' || g.id || ');'
  from chat.generation g
  where g.state = 'failed'
)
select f.id, f.reason, f.mend, a.handle as agent, c.name as channel, p.handle as person, f.state, f.attempt,
  date_trunc('second', greatest(now() - f.queued_at, interval '0')) as age, w.name as worker, f.error, f.queued_at, f.finished_at
from found f
-- a reply that was deleted needs nobody
join chat.message m on m.id = f.message_id and m.deleted_at is null
-- nor does one that failed at an agent that answers nobody any more
join chat.account a on a.id = f.agent_id and (f.state <> 'failed' or a.disabled_at is null)
join chat.channel c on c.id = f.channel_id
join chat.account p on p.id = f.person_id
left join chat.worker w on w.id = f.worker_id
-- the order of locks: two that retry all of it at once don't block each other
order by f.channel_id, f.id;
comment on view ops.stuck is 'What needs somebody: lease expired (or its worker silent since the clock was set back), no new text for a minute (or 5 seconds beyond the agent''s own limit, if that is longer), queued for over a minute (or before the clock was set back), failed. mend says what to do; select ops.retry(id) from ops.stuck runs all of them again, and ops.cancel gives up what nobody wants any more. By channel, oldest first; replies that were deleted, and what failed at an agent that is disabled, are left out.';
comment on column ops.stuck.reason is 'Why it is here, in words.';
comment on column ops.stuck.mend is 'The statement, or the step, that gets it going.';
comment on column ops.stuck.age is 'Since it was asked for, or last retried.';
