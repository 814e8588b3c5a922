-- The ends of attempts that did not complete: failed, handed back, or their worker gone.

-- of an earlier shape
drop function if exists chat.hold_flushes_of(bigint[]);

create or replace function chat.end_attempt(g chat.generation, outcome text, error text)
returns jsonb
language sql
stable
set search_path = chat, pg_temp
as $$
  select g.history || jsonb_strip_nulls(jsonb_build_object(
    'attempt', g.attempt, 'worker', coalesce((select w.name from worker w where w.id = g.worker_id), 'gone (' || g.worker_id || ')'),
    'claimedAt', g.claimed_at, 'firstTokenAt', g.first_token_at, 'endedAt', now(), 'outcome', outcome, 'error', error))
$$;
comment on function chat.end_attempt(chat.generation, text, text) is 'The history of a generation with the attempt that ends now added.';

create or replace function chat.leave_running(ids bigint[], new_state text, new_status text, outcome text, new_error text, new_error_code text,
  new_run_at timestamptz, counts boolean, partial text)
returns void
language plpgsql
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  replies uuid[];
begin
  select array_agg(g.message_id order by g.message_id) into replies from generation g where g.id = any(ids);
  if replies is null then
    return;
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    -- its snapshot may be older than the last flush: that text would be lost, and its chunk stay in the next attempt's way
    raise exception 'No reply can be stopped or run again in a transaction of isolation level %.', current_setting('transaction_isolation')
      using errcode = 'HF409', detail = 'End this transaction, and do it in one that begins with: begin isolation level read committed;';
  end if;
  -- waits for a flush under way; until this transaction ends the next ones leave out the rows that the caller holds
  perform pg_advisory_xact_lock_shared(7210, g.worker_id::integer) from generation g where g.id = any(ids) and g.state = 'running';
  with seqs as materialized (
    select t.message_id, t.seq from chat.take_seqs(replies) t
  ), streamed as (
    select c.message_id, max(c.fence) as fence, string_agg(c.text, '' order by c.start_at) as text
    from chunk c
    where c.message_id = any(replies)
    group by c.message_id
  )
  update message m
  set status = new_status, seq = seqs.seq,
    content = case when m.deleted_at is not null then ''
      else coalesce(nullif(leave_running.partial, ''), s.text, m.content) end,
    text_fence = case when nullif(leave_running.partial, '') is not null or s.text is not null then g.fence else m.text_fence end
  from seqs
  join generation g on g.message_id = seqs.message_id
  left join streamed s on s.message_id = seqs.message_id
  where m.id = seqs.message_id;
  delete from chunk c where c.message_id = any(replies);
  update generation g
  set state = new_state,
    history = case when g.state = 'running' then chat.end_attempt(g, outcome, new_error) else g.history end,
    attempt = case when g.state = 'running' and not counts then g.attempt - 1 else g.attempt end,
    fence = case when new_state = 'cancelled' then g.fence + 1 else g.fence end,
    error = coalesce(new_error, g.error), error_code = coalesce(new_error_code, g.error_code),
    run_at = coalesce(new_run_at, g.run_at), lease_until = null,
    finished_at = case when new_state in ('failed', 'cancelled') then now() end
  where g.id = any(ids);
end
$$;
comment on function chat.leave_running(bigint[], text, text, text, text, text, timestamptz, boolean, text) is
  'What every unfinished end of an attempt has in common: the text so far goes into the message, the chunks go, the attempt goes into the history. The caller holds the locks and has checked the states.';

create or replace function chat.reap()
returns table (generation_id bigint, outcome text)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  replies uuid[];
  unwanted bigint[];
  again bigint[];
  used_up bigint[];
begin
  with due as materialized (
    select g.message_id, g.channel_id, true as expired from generation g where g.state = 'running' and g.lease_until < now()
    union all
    select g.message_id, g.channel_id, false
    from agent n
    join account a on a.id = n.account_id and a.disabled_at is not null
    cross join lateral (
      -- a look-up for each such agent, and not all that is queued
      (select x.message_id, x.channel_id from generation x where x.agent_id = n.account_id and x.state = 'running' limit 200)
      union all
      (select x.message_id, x.channel_id from generation x where x.agent_id = n.account_id and x.state = 'queued' limit 200)
    ) g
  ), free as materialized (
    -- the channels first: two hundred replies of one that somebody holds must not stand before all others
    select c.id from channel c
    where c.id in (select due.channel_id from due)
    order by c.id
    for no key update skip locked
  )
  select array_agg(e.message_id) into replies
  from (
    select due.message_id from due
    where due.channel_id in (select f.id from free f)
    group by due.message_id
    order by bool_or(due.expired) desc
    limit 200
  ) e;
  if replies is null then
    return;
  end if;
  replies := chat.lock_channels_of(replies, false);
  select array_agg(e.id) filter (where e.unwanted),
    array_agg(e.id) filter (where not e.unwanted and e.attempt < e.max_attempts),
    array_agg(e.id) filter (where not e.unwanted and e.attempt >= e.max_attempts)
  into unwanted, again, used_up
  from (
    select g.id, g.attempt, g.max_attempts, a.disabled_at is not null as unwanted
    from generation g
    join account a on a.id = g.agent_id
    where g.message_id = any(replies)
      and (g.state = 'running' and g.lease_until < now() or g.state in ('queued', 'running') and a.disabled_at is not null)
    order by g.id
    for no key update of g skip locked
  ) e;
  perform chat.leave_running(unwanted, 'cancelled', 'stopped', 'stopped', null, null, null, true, null);
  perform chat.leave_running(again, 'queued', 'queued', 'lease expired', 'The worker that wrote this reply went away; another one starts it again.', 'worker_lost', now(), true, null);
  perform chat.leave_running(used_up, 'failed', 'failed', 'lease expired', 'The worker that wrote this reply went away, at every attempt. Retry runs it again.', 'worker_lost', null, true, null);
  return query
  select id, 'requeued' from unnest(again) id
  union all
  select id, 'failed' from unnest(used_up) id;
end
$$;
comment on function chat.reap() is
  'Takes generations whose lease has expired from their workers: queued again, or failed when their attempts are used up; these it returns. Ends what agents say that are disabled, and what waits for them. Any worker calls it; channels that somebody holds are left for the next call.';

create or replace function chat.fail(worker bigint, message uuid, fence bigint, error text, error_code text, retry_after interval, partial text, counts boolean)
returns text
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  g generation;
begin
  -- its caller comes again, and meanwhile others have the connection
  if chat.lock_channels_of(array[message], false) = '{}' and exists (select from message m where m.id = fail.message) then
    raise exception 'Somebody holds the channel of reply %; come again.', message using errcode = 'lock_not_available';
  end if;
  select * into g from generation x
  where x.message_id = fail.message and x.fence = fail.fence and x.worker_id = fail.worker and x.state = 'running'
  for no key update nowait;
  if not found then
    return 'fenced';
  end if;
  if retry_after is not null and (g.attempt < g.max_attempts or not counts) then
    perform chat.leave_running(array[g.id], 'queued', 'queued', 'failed', error, error_code, now() + retry_after, counts, partial);
    return 'retry';
  end if;
  perform chat.leave_running(array[g.id], 'failed', 'failed', 'failed', error, error_code, null, counts, partial);
  return 'failed';
end
$$;
comment on function chat.fail(bigint, uuid, bigint, text, text, interval, text, boolean) is
  'The attempt failed. retry_after: again after that time while attempts are left; null: give up. partial: the whole text so far. counts false: the attempt is not counted. Returns retry, failed or fenced; 55P03 while somebody holds it or its channel.';

create or replace function chat.release(worker bigint, messages uuid[], fences bigint[], partials text[])
returns integer
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  locked uuid[] := chat.lock_channels_of(messages, false);
  held record;
  released integer := 0;
begin
  for held in
    select g.id, i.partial
    from unnest(messages, fences, partials) as i(message_id, fence, partial)
    join generation g on g.message_id = i.message_id and g.fence = i.fence
    where g.message_id = any(locked) and g.state = 'running' and g.worker_id = release.worker
    order by g.id
    for no key update of g skip locked
  loop
    perform chat.leave_running(array[held.id], 'queued', 'queued', 'handed back', null, null, now(), false, held.partial);
    released := released + 1;
  end loop;
  return released;
end
$$;
comment on function chat.release(bigint, uuid[], bigint[], text[]) is
  'A worker that shuts down hands back what it could not finish: queued again at once, the attempt not counted. Replies that somebody holds, or whose channel, are left out; call again for them. Returns how many.';
