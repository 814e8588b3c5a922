-- What a worker's flush does, each one statement for all its replies: show their status, append their text, fold them.
-- The queue's states, locks and plans are described in R__30_workers.sql.

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
  'Those of the locked replies whose generation runs under just this fence (and by this worker; null: by any). They stay so while the caller holds the messages (chat.lock_channels_of): whoever takes a running generation away holds its message.';

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
  -- one that somebody holds streams all the same; the time of its fold counts then
  update generation g set first_token_at = now()
  where g.message_id = any(array(
    select x.message_id from generation x where x.message_id = any(ours) and x.first_token_at is null
    order by x.id
    for no key update skip locked));
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
declare
  free uuid[]; -- null: all of them
begin
  perform pg_advisory_xact_lock(7213, worker::integer);
  -- the worker still holds the text: after a crash it re-reads chat.durable and writes the rest again
  perform set_config('synchronous_commit', 'off', true);
  if not pg_try_advisory_xact_lock(7210, worker::integer) then
    -- somebody takes a reply of this worker away and has not committed: he holds its row, for as long as he likes
    with unheld as materialized (
      select g.message_id from generation g where g.message_id = any(messages) for no key update skip locked
    )
    select coalesce(array_agg(u.message_id), '{}') into free from unheld u;
  end if;
  return query
  with held as materialized (
    select i.message_id, i.fence, i.start_at, i.text, free is null or i.message_id = any(free) as is_free,
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
    select h.message_id, h.fence, h.start_at, h.text from held h where h.fits and h.is_free
  )
  select h.message_id, case when not h.is_free then 'busy' when h.fits is null then 'fenced' else 'gap' end
  from held h
  where not h.is_free or h.fits is not true;
end
$$;
comment on function chat.append_chunks(bigint, uuid[], bigint[], integer[], integer[], text[]) is
  'Appends one chunk to each of these replies in one asynchronously committed transaction. previous_start: where the chunk begins that the worker believes to be the last durable one (null: none). Returns what was not written: fenced (no longer the worker''s), gap (re-read chat.durable) or busy (somebody who has not committed is taking the reply away: come again).';

create or replace function chat.durable(worker bigint, messages uuid[], fences bigint[])
returns table (message_id uuid, last_start integer, last_text text)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  perform pg_advisory_xact_lock(7213, worker::integer);
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

-- it had no errors; a worker of the release before leaves them out
drop function if exists chat.complete(bigint, uuid[], bigint[], text[], integer[], integer[]);

create or replace function chat.complete(worker bigint, messages uuid[], fences bigint[], contents text[], input_tokens integer[], output_tokens integer[],
  errors text[] default null, error_codes text[] default null)
returns table (message_id uuid, held boolean)
language plpgsql
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set lock_timeout = '500ms' -- who posts to one of these channels waits for no more than a second
as $$
declare
  locked uuid[] := chat.lock_channels_of(messages, false);
  ours uuid[];
begin
  locked := array(
    select g.message_id from generation g where g.message_id = any(locked) order by g.id for no key update skip locked);
  ours := chat.running_under(messages, fences, locked, worker);
  perform pg_advisory_xact_lock(7213, worker::integer);
  if ours is not null then
    with folded as (
      delete from chunk c where c.message_id = any(ours) returning c.message_id
    ), flushed as (
      select folded.message_id, count(*)::integer as flushes from folded group by folded.message_id
    )
    update generation g
    set state = 'completed', lease_until = null, finished_at = now(), error = i.error, error_code = i.error_code,
      first_token_at = coalesce(g.first_token_at, now()), flushes = coalesce(f.flushes, 0),
      input_tokens = i.input_tokens, output_tokens = i.output_tokens
    from unnest(messages, complete.input_tokens, complete.output_tokens, errors, error_codes)
      as i(message_id, input_tokens, output_tokens, error, error_code)
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
comment on function chat.complete(bigint, uuid[], bigint[], text[], integer[], integer[], text[], text[]) is
  'The fold: the whole text into the message, the chunks gone, the generation completed, in one synchronous commit. errors, error_codes: what cut a reply short (a limit of tokens, a filter), null: the model finished by itself. held: whether the fence still held (false: nothing was written). Replies that somebody holds, or whose channel, are left out; call again for them.';
