-- The queue. Every state change of a generation is a function here; each is one statement for its caller.
--
--   queued --claim--> running --complete--> completed
--   queued <--fail (again), release, reap-- running --fail (give up), reap (attempts used up)--> failed
--   queued, running --cancel, reap (agent disabled)--> cancelled
--   failed --ops.cancel--> cancelled
--   completed, failed, cancelled --retry--> queued
--
-- Locks: channels by id, messages by id, generations by id. Claim and heartbeat touch generations alone. A flush holds its
-- worker's flush lock (7210) and nothing else, so whoever takes a running generation away, which shares that lock with
-- others who do, waits for a flush under way, and no chunk can be written under a fence that has passed. A flush waits for
-- none of them: where it cannot have the lock at once, it locks the rows of its own generations and leaves out those that are held.
--
-- Plans: these tables fill and empty by the second, so a plan made from their statistics is soon a bad one and stays
-- with its connection. What runs often is told to look up by index (enable_seqscan, enable_bitmapscan), whatever they say.

create or replace function chat.register_worker(name text, slots integer)
returns bigint
language sql
security definer
set search_path = chat, pg_temp
as $$
  insert into worker (name, slots) values (name, slots) returning id
$$;
comment on function chat.register_worker(text, integer) is 'A worker process presents itself; returns its id.';

-- no worker ever asked it
drop function if exists chat.worker_draining(bigint);

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
begin
  if max < 1 or not exists (select from worker w where w.id = claim.worker and not w.draining) then
    return;
  end if;
  -- one claim at a time: only so do max_concurrency and the turns hold across all workers
  perform pg_advisory_xact_lock(7211, 0);
  return query
  with running as (
    select g.agent_id, count(*) as running from generation g
    -- counting all that run takes longer the more there are, and only a limit needs it
    where g.state = 'running' and (select exists (select from agent a where a.max_concurrency is not null))
    group by g.agent_id
  ), open as (
    select a.account_id, least(claim.max, a.max_concurrency - coalesce(r.running, 0))::integer as room
    from agent a
    join account own on own.id = a.account_id and own.disabled_at is null
    left join running r on r.agent_id = a.account_id
    where not a.paused
  ), free as materialized (
    select c.id, c.priority, row_number() over (partition by o.account_id order by c.priority desc, c.turn, c.id) as rank
    from open o
    cross join lateral (
      -- behind what somebody holds, too
      select g.id, g.priority, g.turn
      from generation g
      where g.agent_id = o.account_id and g.state = 'queued' and g.run_at <= now()
      order by g.priority desc, g.turn, g.id
      limit greatest(o.room, 0)
      for no key update skip locked
    ) c
  )
  update generation g
  set state = 'running', attempt = g.attempt + 1, fence = g.fence + 1, worker_id = claim.worker,
    lease_until = now() + claim.lease, claimed_at = now(), first_token_at = null
  from account a
  where g.id = any(array(select f.id from free f order by f.priority desc, f.rank, f.id limit claim.max)) and a.id = g.agent_id
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
  -- somebody who drains it may hold its row; the leases are renewed all the same
  update worker w set last_seen_at = now()
  where w.id = (select x.id from worker x where x.id = heartbeat.worker for no key update skip locked);
  -- a lease with most of its life before it is left alone: fewer row versions. Yet a long one is renewed every few seconds
  -- too, as it is then that progress is seen
  update generation g
  set lease_until = now() + heartbeat.lease, progress_start = c.start_at,
    progress_at = case when c.start_at is distinct from g.progress_start then now() else g.progress_at end
  from (
    select h.id, h.message_id, h.fence
    from unnest(heartbeat.generations, heartbeat.fences) as held(id, fence)
    join generation h on h.id = held.id and h.fence = held.fence
    where h.state = 'running' and h.worker_id = heartbeat.worker
      -- one that ends later than a whole lease from now is of before the database's clock was set back
      and h.lease_until not between now() + greatest(heartbeat.lease * 0.7, heartbeat.lease - interval '3 seconds')
        and now() + heartbeat.lease
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
