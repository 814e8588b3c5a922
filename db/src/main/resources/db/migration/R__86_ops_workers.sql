-- The worker processes, and draining them.

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

create or replace function ops.set_draining(name text, value boolean)
returns table (worker text, outcome text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
#variable_conflict use_variable
declare
  ids bigint[];
  running bigint;
begin
  if not exists (select from chat.worker w where w.name = set_draining.name) then
    raise exception 'There is no worker "%".', name
      using errcode = 'HF404',
        detail = 'Workers: ' || coalesce((select string_agg(distinct w.worker, ', ') from ops.workers w where w.state <> 'silent'), 'none running') || '.';
  end if;
  with changed as (
    update chat.worker w set draining = value where w.name = set_draining.name and w.draining <> value returning w.id
  )
  select array_agg(c.id) into ids from changed c;
  if ids is null then
    return query select name, 'unchanged', case when value then 'is draining already' else 'is not draining' end;
    return;
  end if;
  select count(*) into running from chat.generation g where g.worker_id = any(ids) and g.state = 'running';
  perform ops.write_audit(case when value then 'drain_worker' else 'resume_worker' end, array['worker ' || name], array[jsonb_build_object('running', running)]);
  if not value then
    perform pg_notify('generation_ready', '');
  end if;
  return query select name, case when value then 'draining' else 'resumed' end, case when value
    then format('%s running will finish, nothing new starts there until select ops.resume_worker(%L);', running, name)
    else 'takes new generations again' end;
end
$$;
comment on function ops.set_draining(text, boolean) is 'Internal: behind ops.drain_worker and ops.resume_worker.';

create or replace function ops.drain_worker(name text)
returns table (worker text, outcome text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.set_draining(name, true)
$$;
comment on function ops.drain_worker(text) is
  'The worker finishes what it runs and takes nothing new, so that it can be stopped without anybody noticing: select ops.drain_worker(''web-1'').';

create or replace function ops.resume_worker(name text)
returns table (worker text, outcome text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.set_draining(name, false)
$$;
comment on function ops.resume_worker(text) is 'A draining worker takes new generations again: select ops.resume_worker(''web-1'').';
