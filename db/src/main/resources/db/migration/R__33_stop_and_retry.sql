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
    -- not counted: one that waits has an attempt left
    perform chat.leave_running(array[g.id], 'queued', 'queued', 'lease expired', null, null, now(), false, null);
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
