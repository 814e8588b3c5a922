-- How much waits, and how fast it goes.

create or replace view ops.queue as
select a.handle as agent,
  coalesce(q.queued, 0) as queued,
  coalesce(r.running, 0) as running,
  -- nobody waits for an agent that is disabled
  case when a.disabled_at is null then coalesce(f.failed, 0) else 0 end as failed,
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
  -- of the replies, whose status follows their generations: one index holds just these
  select m.author_id, count(*) as failed
  from chat.message m
  where m.status = 'failed' and m.deleted_at is null
  group by m.author_id
) f on f.author_id = n.account_id
order by q.oldest_age desc nulls last, a.handle;
comment on view ops.queue is 'Per agent: how many generations are queued, running and failed, and for how long the oldest queued one has waited. The oldest wait comes first.';
comment on column ops.queue.queued is 'Not running yet, those included that wait for a later attempt.';
comment on column ops.queue.failed is 'Failed and neither retried nor cancelled since, replies that were deleted left out; of an agent that is disabled: 0; select * from ops.stuck shows why.';
comment on column ops.queue.oldest_age is 'How long the oldest queued one has waited for its reply since it was asked for.';
comment on column ops.queue.waiting is 'Those of the queued that wait for their next attempt (rate limit, backoff).';
comment on column ops.queue.at_most is 'How many of the agent may run at once in all processes; null: no limit.';
comment on column ops.queue.paused is 'Nothing of the agent starts; select ops.resume_agent(agent) ends the pause.';

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
