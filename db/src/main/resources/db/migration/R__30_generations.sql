-- The queue. Every state change of a generation is a function here; each is one statement for its caller.
--
--   queued --claim--> running --complete--> completed
--   queued <--fail (again), release, reap-- running --fail (give up), reap (attempts used up)--> failed
--   queued, running --cancel--> cancelled
--   completed, failed, cancelled --retry--> queued
--
-- Locks: channels by id, messages by id, generations by id, then the workers' flush locks. Claim and heartbeat touch
-- generations alone. A flush holds its worker's flush lock and nothing else, so whoever takes a running generation
-- away waits for a flush under way, and no chunk can be written under a fence that has passed.
--
-- Plans: these tables fill and empty by the second, so a plan made from their statistics is soon a bad one and stays
-- with its connection. What runs often is told to look up by index (enable_seqscan, enable_bitmapscan), whatever they say.

create or replace function chat.hold_flushes_of(workers bigint[])
returns void
language plpgsql
set search_path = chat, pg_temp
as $$
declare
  worker bigint;
begin
  foreach worker in array (select coalesce(array_agg(distinct w order by w), '{}') from unnest(workers) w where w is not null) loop
    perform pg_advisory_xact_lock(7210, worker::integer);
  end loop;
end
$$;
comment on function chat.hold_flushes_of(bigint[]) is
  'Waits for a flush under way of each of these workers and keeps the next one out until this transaction ends.';

create or replace function chat.register_worker(name text, slots integer)
returns bigint
language sql
security definer
set search_path = chat, pg_temp
as $$
  insert into worker (name, slots) values (name, slots) returning id
$$;
comment on function chat.register_worker(text, integer) is 'A worker process presents itself; returns its id.';

create or replace function chat.worker_draining(worker bigint)
returns boolean
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select w.draining from worker w where w.id = worker_draining.worker
$$;
comment on function chat.worker_draining(bigint) is 'Whether the worker shall take no new generations; null when its row is gone and it has to register anew.';

create or replace function chat.start_drain(worker bigint)
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  update worker w set draining = true where w.id = start_drain.worker
$$;
comment on function chat.start_drain(bigint) is 'The worker takes no new generations from now on.';

create or replace function chat.unregister_worker(worker bigint)
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  delete from worker w where w.id = unregister_worker.worker
$$;
comment on function chat.unregister_worker(bigint) is 'A worker process says goodbye; what it still ran is reclaimed when its leases expire.';

create or replace function chat.claim(worker bigint, max integer, lease interval)
returns table (generation_id bigint, message_id uuid, fence bigint, agent_id uuid, agent_handle text, channel_id uuid,
  attempt integer, max_attempts integer, queued_at timestamptz, asked_by_message uuid, claim_latency_seconds double precision)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  chosen bigint[];
  locked bigint[];
  taken bigint[] := '{}';
begin
  if max < 1 or not exists (select from worker w where w.id = claim.worker and not w.draining) then
    return;
  end if;
  -- one claim at a time: only so do max_concurrency and the turns hold across all workers
  perform pg_advisory_xact_lock(7211, 0);
  loop
    with running as (
      select g.agent_id, count(*) as running from generation g where g.state = 'running' group by g.agent_id
    ), open as (
      select a.account_id, least(claim.max, a.max_concurrency - coalesce(r.running, 0))::integer as room
      from agent a
      left join running r on r.agent_id = a.account_id
      where not a.paused
    ), candidates as (
      select c.id, c.priority, row_number() over (partition by o.account_id order by c.priority desc, c.turn, c.id) as rank
      from open o
      cross join lateral (
        select g.id, g.priority, g.turn
        from generation g
        where g.agent_id = o.account_id and g.state = 'queued' and g.run_at <= now() and g.id <> all(taken)
        order by g.priority desc, g.turn, g.id
        limit greatest(o.room, 0)
      ) c
    )
    select array_agg(f.id) into chosen
    from (select c.id from candidates c order by c.priority desc, c.rank, c.id limit claim.max) f;
    exit when chosen is null;
    select array_agg(f.id) into locked
    from (
      select g.id from generation g
      where g.id = any(chosen) and g.state = 'queued' and g.run_at <= now()
      order by g.id
      for no key update skip locked
    ) f;
    exit when locked is not null;
    -- all of these are in somebody's hands: look behind them
    taken := taken || chosen;
  end loop;
  return query
  update generation g
  set state = 'running', attempt = g.attempt + 1, fence = g.fence + 1, worker_id = claim.worker,
    lease_until = now() + claim.lease, claimed_at = now(), first_token_at = null
  from account a
  where g.id = any(locked) and a.id = g.agent_id
  returning g.id, g.message_id, g.fence, g.agent_id, a.handle, g.channel_id, g.attempt, g.max_attempts, g.queued_at,
    g.asked_by_message, extract(epoch from clock_timestamp() - greatest(g.queued_at, g.run_at))::double precision;
end
$$;
comment on function chat.claim(bigint, integer, interval) is
  'Gives the worker up to max queued generations whose time has come, and counts the attempt. Per agent within max_concurrency; round-robin between persons, oldest first within a person; higher priority first.';

create or replace function chat.heartbeat(worker bigint, generations bigint[], fences bigint[], lease interval)
returns table (generation_id bigint)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  update worker w set last_seen_at = now() where w.id = heartbeat.worker;
  -- a lease with most of its life before it is left alone: fewer row versions
  update generation g
  set lease_until = now() + heartbeat.lease, progress_start = c.start_at,
    progress_at = case when c.start_at is distinct from g.progress_start then now() else g.progress_at end
  from (
    select h.id, h.message_id, h.fence
    from unnest(heartbeat.generations, heartbeat.fences) as held(id, fence)
    join generation h on h.id = held.id and h.fence = held.fence
    where h.state = 'running' and h.worker_id = heartbeat.worker and h.lease_until < now() + heartbeat.lease * 0.7
    order by h.id
    for no key update of h skip locked
  ) ours
  left join lateral (
    select k.start_at from chunk k
    where k.message_id = ours.message_id and k.fence = ours.fence
    order by k.start_at desc
    limit 1
  ) c on true
  where g.id = ours.id and g.state = 'running';
  return query
  select held.id
  from unnest(heartbeat.generations, heartbeat.fences) as held(id, fence)
  left join generation g on g.id = held.id
  where g.id is null or g.state <> 'running' or g.fence <> held.fence or g.worker_id <> heartbeat.worker;
end
$$;
comment on function chat.heartbeat(bigint, bigint[], bigint[], interval) is
  'Renews the leases of all that the worker runs and returns the generations that are no longer its own (cancelled, or reclaimed by another).';

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
  perform chat.hold_flushes_of((select array_agg(g.worker_id) from generation g where g.id = any(ids) and g.state = 'running'));
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
  again bigint[];
  used_up bigint[];
begin
  select array_agg(g.message_id) into replies
  from (select g.message_id from generation g where g.state = 'running' and g.lease_until < now() limit 200) g;
  if replies is null then
    return;
  end if;
  replies := chat.lock_channels_of(replies, false);
  select array_agg(e.id) filter (where e.attempt < e.max_attempts), array_agg(e.id) filter (where e.attempt >= e.max_attempts)
  into again, used_up
  from (
    select g.id, g.attempt, g.max_attempts
    from generation g
    where g.message_id = any(replies) and g.state = 'running' and g.lease_until < now()
    order by g.id
    for no key update skip locked
  ) e;
  -- at once, because leave_running is called twice and locks are taken in one order
  perform chat.hold_flushes_of((select array_agg(g.worker_id) from generation g where g.id = any(again || used_up)));
  perform chat.leave_running(again, 'queued', 'queued', 'lease expired', 'The worker that wrote this reply went away; another one starts it again.', 'worker_lost', now(), true, null);
  perform chat.leave_running(used_up, 'failed', 'failed', 'lease expired', 'The worker that wrote this reply went away, at every attempt. Retry runs it again.', 'worker_lost', null, true, null);
  return query
  select id, 'requeued' from unnest(again) id
  union all
  select id, 'failed' from unnest(used_up) id;
end
$$;
comment on function chat.reap() is
  'Takes generations whose lease has expired from their workers: queued again, or failed when their attempts are used up. Any worker calls it; channels that somebody holds are left for the next call.';

drop function if exists chat.running_under(uuid[], bigint[]);

create or replace function chat.running_under(messages uuid[], fences bigint[], locked uuid[], worker bigint)
returns uuid[]
language plpgsql
stable
set search_path = chat, pg_temp
as $$
begin
  return (
    select array_agg(i.message_id)
    from unnest(messages, fences) as i(message_id, fence)
    -- offset 0 and no other condition inside: one look-up by key for each reply, whatever the statistics of a table
    -- that changes by the second say of its partial indexes
    cross join lateral (
      select x.fence, x.state, x.worker_id from generation x where x.message_id = i.message_id offset 0
    ) g
    where i.message_id = any(locked) and g.fence = i.fence and g.state = 'running'
      and g.worker_id = coalesce(worker, g.worker_id));
end
$$;
comment on function chat.running_under(uuid[], bigint[], uuid[], bigint) is
  'Those of the locked replies whose generation runs under just this fence (and by this worker; null: by any). They stay so while the caller holds the messages (chat.lock_channels_of): whoever takes a running generation away holds its message, so its row needs no lock first.';

create or replace function chat.show_status(messages uuid[], fences bigint[], new_status text)
returns table (message_id uuid, held boolean)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  locked uuid[] := chat.lock_channels_of(messages, false);
  ours uuid[] := chat.running_under(messages, fences, locked, null);
  changing uuid[];
begin
  select array_agg(m.id) into changing from message m
  where m.id = any(ours) and m.status in ('queued', 'thinking') and m.status <> new_status;
  if changing is not null then
    update message m set status = new_status, seq = t.seq from chat.take_seqs(changing) t where m.id = t.message_id;
  end if;
  return query select l, l = any(coalesce(ours, '{}')) from unnest(locked) l;
end
$$;
comment on function chat.show_status(uuid[], bigint[], text) is
  'Shows the status of running replies (thinking, streaming). held: whether the fence still holds. Replies whose channel somebody holds are left out; call again for them.';

create or replace function chat.start_thinking(messages uuid[], fences bigint[])
returns table (message_id uuid, held boolean)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select s.message_id, s.held from chat.show_status(messages, fences, 'thinking') s
$$;
comment on function chat.start_thinking(uuid[], bigint[]) is 'The worker asks the model now. See chat.show_status.';

create or replace function chat.start_streaming(messages uuid[], fences bigint[])
returns table (message_id uuid, held boolean)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  answered uuid[];
  ours uuid[];
begin
  select array_agg(s.message_id), array_agg(s.message_id) filter (where s.held) into answered, ours
  from chat.show_status(messages, fences, 'streaming') s;
  update generation g set first_token_at = now() where g.message_id = any(ours) and g.first_token_at is null;
  return query select a, a = any(coalesce(ours, '{}')) from unnest(answered) a;
end
$$;
comment on function chat.start_streaming(uuid[], bigint[]) is 'The first text has come. See chat.show_status.';

create or replace function chat.append_chunks(worker bigint, messages uuid[], fences bigint[], previous_starts integer[], starts integer[], texts text[])
returns table (message_id uuid, reason text)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  perform pg_advisory_xact_lock(7210, worker::integer);
  -- the worker still holds the text: after a crash it re-reads chat.durable and writes the rest again
  perform set_config('synchronous_commit', 'off', true);
  return query
  with held as materialized (
    select i.message_id, i.fence, i.start_at, i.text,
      case when g.fence = i.fence and g.state = 'running' and g.worker_id = append_chunks.worker
        then i.start_at > coalesce(i.previous_start, -1) and i.previous_start is not distinct from (
        select c.start_at from chunk c where c.message_id = i.message_id order by c.start_at desc limit 1) end as fits
    from unnest(messages, fences, previous_starts, starts, texts) as i(message_id, fence, previous_start, start_at, text)
    -- by key, as in chat.running_under
    left join lateral (
      select x.fence, x.state, x.worker_id from generation x where x.message_id = i.message_id offset 0
    ) g on true
  ), written as (
    insert into chunk (message_id, fence, start_at, text)
    select h.message_id, h.fence, h.start_at, h.text from held h where h.fits
  )
  select h.message_id, case when h.fits is null then 'fenced' else 'gap' end
  from held h
  where h.fits is not true;
end
$$;
comment on function chat.append_chunks(bigint, uuid[], bigint[], integer[], integer[], text[]) is
  'Appends one chunk to each of these replies in one asynchronously committed transaction. previous_start: where the chunk begins that the worker believes to be the last durable one (null: none). Returns what was not written: fenced (no longer the worker''s) or gap (re-read chat.durable).';

create or replace function chat.durable(worker bigint, messages uuid[], fences bigint[])
returns table (message_id uuid, last_start integer, last_text text)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  perform pg_advisory_xact_lock(7210, worker::integer);
  return query
  select i.message_id, c.start_at, c.text
  from unnest(messages, fences) as i(message_id, fence)
  join generation g on g.message_id = i.message_id and g.fence = i.fence
  left join lateral (
    select k.start_at, k.text from chunk k where k.message_id = i.message_id and k.fence = i.fence order by k.start_at desc limit 1
  ) c on true
  where g.state = 'running' and g.worker_id = durable.worker;
end
$$;
comment on function chat.durable(bigint, uuid[], bigint[]) is
  'The last chunk of each running reply of the worker (nulls: none yet), so that it can go on from there. Replies that are no longer the worker''s are left out.';

create or replace function chat.complete(worker bigint, messages uuid[], fences bigint[], contents text[], input_tokens integer[], output_tokens integer[])
returns table (message_id uuid, held boolean)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  locked uuid[] := chat.lock_channels_of(messages, false);
  ours uuid[] := chat.running_under(messages, fences, locked, worker);
begin
  perform pg_advisory_xact_lock(7210, worker::integer);
  if ours is not null then
    with folded as (
      delete from chunk c where c.message_id = any(ours) returning c.message_id
    ), flushed as (
      select folded.message_id, count(*)::integer as flushes from folded group by folded.message_id
    )
    update generation g
    set state = 'completed', lease_until = null, finished_at = now(), error = null, error_code = null,
      first_token_at = coalesce(g.first_token_at, now()), flushes = coalesce(f.flushes, 0),
      input_tokens = i.input_tokens, output_tokens = i.output_tokens
    from unnest(messages, complete.input_tokens, complete.output_tokens) as i(message_id, input_tokens, output_tokens)
    left join flushed f on f.message_id = i.message_id
    where g.message_id = i.message_id and i.message_id = any(ours);
    update message m
    set content = case when m.deleted_at is null then i.content else '' end, status = 'complete', seq = t.seq, text_fence = i.fence
    from unnest(messages, fences, contents) as i(message_id, fence, content)
    join chat.take_seqs(ours) t on t.message_id = i.message_id
    where m.id = i.message_id;
  end if;
  return query select l, l = any(coalesce(ours, '{}')) from unnest(locked) l;
end
$$;
comment on function chat.complete(bigint, uuid[], bigint[], text[], integer[], integer[]) is
  'The fold: the whole text into the message, the chunks gone, the generation completed, in one synchronous commit. held: whether the fence still held (false: nothing was written). Replies whose channel somebody holds are left out; call again for them.';

create or replace function chat.fail(worker bigint, message uuid, fence bigint, error text, error_code text, retry_after interval, partial text, counts boolean)
returns text
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  g generation;
begin
  perform chat.lock_channels_of(array[message], true);
  select * into g from generation x
  where x.message_id = fail.message and x.fence = fail.fence and x.worker_id = fail.worker and x.state = 'running'
  for no key update;
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
  'The attempt failed. retry_after: again after that time while attempts are left; null: give up. partial: the whole text so far. counts false: the attempt is not counted. Returns retry, failed or fenced.';

create or replace function chat.release(worker bigint, messages uuid[], fences bigint[], partials text[])
returns integer
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  held record;
  released integer := 0;
begin
  perform chat.lock_channels_of(messages, true);
  for held in
    select g.id, i.partial
    from unnest(messages, fences, partials) as i(message_id, fence, partial)
    join generation g on g.message_id = i.message_id and g.fence = i.fence
    where g.state = 'running' and g.worker_id = release.worker
    order by g.id
    for no key update of g
  loop
    perform chat.leave_running(array[held.id], 'queued', 'queued', 'handed back', null, null, now(), false, held.partial);
    released := released + 1;
  end loop;
  return released;
end
$$;
comment on function chat.release(bigint, uuid[], bigint[], text[]) is
  'A worker that shuts down hands back what it could not finish: queued again at once, the attempt not counted. Returns how many.';

create or replace function chat.cancel(generation bigint)
returns boolean
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  g chat.generation;
begin
  perform chat.lock_channels_of((select array[x.message_id] from chat.generation x where x.id = cancel.generation), true);
  select * into g from chat.generation x where x.id = cancel.generation for no key update;
  if g.state is null or g.state not in ('queued', 'running') then
    return false;
  end if;
  perform chat.leave_running(array[g.id], 'cancelled', 'stopped', 'stopped', null, null, null, true, null);
  return true;
end
$$;
comment on function chat.cancel(bigint) is 'Ends a queued or running generation for good and keeps its text so far. Returns whether it changed anything.';

create or replace function chat.retry(generation bigint, new_priority integer)
returns boolean
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  g chat.generation;
begin
  perform chat.lock_channels_of((select array[x.message_id] from chat.generation x where x.id = retry.generation), true);
  select * into g from chat.generation x where x.id = retry.generation for no key update;
  if g.state is null then
    return false;
  end if;
  if g.state = 'running' and g.lease_until >= now() then
    raise exception 'Generation % is running (attempt %).', g.id, g.attempt
      using errcode = 'HF409', hint = 'Stop it first: select ops.cancel(' || g.id || ');';
  end if;
  if g.state = 'queued' and g.run_at <= now() and g.attempt = 0 then
    return false;
  end if;
  if g.state = 'running' then
    perform chat.leave_running(array[g.id], 'queued', 'queued', 'lease expired', null, null, now(), true, null);
  else
    update message m set status = 'queued', seq = t.seq from chat.take_seqs(array[g.message_id]) t
    where m.id = t.message_id and m.deleted_at is null;
    if not found then
      raise exception 'The reply of generation % was deleted.', g.id
        using errcode = 'HF409', hint = 'Ask again with a new message.';
    end if;
  end if;
  update chat.generation x
  set state = 'queued', attempt = 0, fence = x.fence + 1, priority = new_priority,
    turn = chat.next_turn(x.agent_id, x.person_id, new_priority), run_at = now(), queued_at = now(), error = null, error_code = null,
    finished_at = null, first_token_at = null, input_tokens = null, output_tokens = null
  where x.id = g.id;
  return true;
end
$$;
comment on function chat.retry(bigint, integer) is
  'Queues a finished generation (or one that waits for its next attempt, or whose lease expired) again, now, attempts reset; the old text stays until the first new text replaces it. Returns whether it changed anything.';

create or replace function chat.context(generation bigint, max_messages integer)
returns table (message_id uuid, handle text, display_name text, kind text, content text, own boolean)
language sql
stable
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
  select m.id, a.handle, a.display_name, a.kind, m.content, m.author_id = g.agent_id
  from chat.generation g
  join chat.message asked on asked.id = g.asked_by_message
  -- the limit inside: the channel is read backwards by its index, however long it is
  cross join lateral (
    select x.id, x.author_id, x.content, x.position
    from chat.message x
    where x.channel_id = g.channel_id and x.position <= asked.position
      and x.deleted_at is null and x.status in ('complete', 'stopped') and x.content <> ''
    order by x.position desc
    limit max_messages
  ) m
  join account a on a.id = m.author_id
  where g.id = context.generation
  order by m.position desc
$$;
comment on function chat.context(bigint, integer) is
  'What the agent may know: the messages of its channel alone, newest first, from the asking one backwards; without deleted, failed and unfinished ones.';

create or replace function chat.set_context(generation bigint, fence bigint, ids uuid[])
returns boolean
language sql
security definer
set search_path = chat, pg_temp
as $$
  update chat.generation g set context_ids = ids
  where g.id = set_context.generation and g.fence = set_context.fence and g.state = 'running'
  returning true
$$;
comment on function chat.set_context(bigint, bigint, uuid[]) is 'Keeps which messages the model was given. Null: the fence no longer holds.';
