-- What people and administrators do to a generation.

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

create or replace function chat.requeue(ids bigint[], new_priority integer)
returns void
language plpgsql
set search_path = chat, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  taken bigint[];
  others uuid[];
begin
  select array_agg(g.id) filter (where g.state = 'running'), array_agg(g.message_id) filter (where g.state <> 'running')
  into taken, others
  from generation g
  where g.id = any(ids);
  -- not counted: one that waits has an attempt left
  perform chat.leave_running(taken, 'queued', 'queued', 'taken away', null, null, now(), false, null);
  update message m set status = 'queued', seq = t.seq from chat.take_seqs(others) t where m.id = t.message_id;
  with turns as (
    select p.agent_id, p.person_id, chat.next_turn(p.agent_id, p.person_id, new_priority) as next
    from (select distinct g.agent_id, g.person_id from generation g where g.id = any(ids)) p
  ), places as (
    select g.id, t.next + row_number() over (partition by g.agent_id, g.person_id order by g.id) - 1 as turn
    from generation g
    join turns t on t.agent_id = g.agent_id and t.person_id = g.person_id
    where g.id = any(ids)
  )
  update generation g
  set state = 'queued', attempt = 0, fence = g.fence + 1, priority = new_priority, turn = p.turn, run_at = now(), queued_at = now(),
    error = null, error_code = null, finished_at = null, first_token_at = null, input_tokens = null, output_tokens = null, flushes = null
  from places p
  where g.id = p.id;
end
$$;
comment on function chat.requeue(bigint[], integer) is
  'What every retry has in common: queues these generations anew, now, attempts reset; the old text stays until the first new text replaces it. The caller holds the locks and has checked the states.';
