-- Ending generations for good. The doors for one (refused: raises) and for many (refused: says so) share their inside.

create or replace function ops.judge_cancel(ids bigint[])
returns table (id bigint, agent text, channel text, outcome text, detail text, remedy text)
language plpgsql
stable
security definer
set search_path = chat, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
  select asked.id, a.handle, c.name, v.outcome,
    case
      when g.id is null then format('There is no generation %s.', coalesce(asked.id::text, 'null'))
      when v.outcome = 'cancelled' then 'was ' || g.state
      when v.outcome = 'refused' then format('Generation %s has completed; there is nothing to cancel.', g.id)
      when g.state = 'cancelled' then 'is cancelled already'
      else 'has completed a moment ago'
    end,
    case
      when g.id is null then 'The newest: select id, agent, channel, state from ops.generations order by id desc limit 20;'
      when v.outcome = 'refused' then 'To write the reply again: select ops.retry(' || g.id || ');'
    end
  from unnest(ids) with ordinality as asked(id, place)
  left join generation g on g.id = asked.id
  left join account a on a.id = g.agent_id
  left join channel c on c.id = g.channel_id
  cross join lateral (
    select case
      when g.state in ('queued', 'running', 'failed') then 'cancelled'
      -- ended after the caller's select had chosen it, by a transaction that had begun some seconds before: no mistake of the caller
      when g.state = 'cancelled' or g.finished_at >= statement_timestamp() - interval '10 seconds' then 'unchanged'
      else 'refused' end as outcome
  ) v
  order by asked.place;
end
$$;
comment on function ops.judge_cancel(bigint[]) is 'Internal: what cancelling each of these generations comes to: cancelled, unchanged or refused, and why.';

create or replace function ops.end_now(ids bigint[], strict boolean)
returns table (id bigint, outcome text, agent text, channel text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  verdicts jsonb;
  changed bigint[];
begin
  ids := (select array_agg(distinct i) from unnest(ids) i);
  perform chat.lock_channels_of((select array_agg(g.message_id) from generation g where g.id = any(ids)), true);
  perform 1 from generation g where g.id = any(ids) order by g.id for no key update;
  select jsonb_agg(to_jsonb(j)), array_agg(j.id) filter (where j.outcome = 'cancelled') into verdicts, changed
  from ops.judge_cancel(ids) j;
  if strict then
    perform ops.refuse(verdicts);
  end if;
  if changed is not null then
    perform chat.leave_running(changed, 'cancelled', 'stopped', 'stopped', null, null, null, true, null);
    perform ops.audit_generations('cancel', verdicts, 'cancelled');
  end if;
  return query select * from ops.answers(verdicts);
end
$$;
comment on function ops.end_now(bigint[], boolean) is 'Internal: behind every cancel of an administrator. strict: one refusal raises and nothing is changed; else it is said in its row.';

create or replace function ops.cancel(generation bigint)
returns table (id bigint, outcome text, agent text, channel text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.end_now(array[generation], true)
$$;
comment on function ops.cancel(bigint) is
  'Ends a queued or running generation for good, and gives up a failed one, which then needs nobody any more; its text so far stays in the channel, marked as stopped: select ops.cancel(id) from ops.generations where channel = ''general'' and state = ''queued''. One that has completed raises, and undoes the statement; ops.cancel_all leaves it out instead.';

create or replace function ops.cancel_all(ids bigint[])
returns table (id bigint, outcome text, agent text, channel text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.end_now(ids, false)
$$;
comment on function ops.cancel_all(bigint[]) is
  'Cancels many generations, those that can be: select * from ops.cancel_all(array(select id from ops.generations where agent = ''ada'' and state = ''queued'')). outcome: cancelled, unchanged, or refused with reason and remedy in detail; nothing is raised.';
