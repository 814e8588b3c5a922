-- Running generations again. The doors for one (refused: raises) and for many (refused: says so) share their inside.

-- of an earlier shape
drop function if exists ops.judge_retry(bigint[], bigint[]), ops.requeue(bigint[], text), ops.requeue(bigint[]);

-- generic plans: planning each of a thousand calls anew would cost ten times what they do
create or replace function ops.judge_retry(ids bigint[], stuck bigint[])
returns table (id bigint, agent text, channel text, outcome text, detail text, remedy text, was text)
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
    case v.verdict
      when 'unknown' then format('There is no generation %s.', coalesce(asked.id::text, 'null'))
      when 'deleted' then format('The reply of generation %s was deleted.', g.id)
      when 'runs' then format('Generation %s is running (attempt %s) and gets on.', g.id, g.attempt)
      when 'just got on' then 'gets on since a moment ago'
      when 'just completed' then 'has completed a moment ago'
      when 'just deleted' then 'was deleted a moment ago'
      when 'just stopped' then 'was stopped a moment ago'
      when 'disabled' then format('@%s is disabled.', a.handle)
      when 'is queued' then 'is queued already' || case when n.paused then ', but its agent is paused: select ops.resume_agent(' || quote_literal(a.handle) || ');' else '' end
      when 'again' then concat_ws(', ', 'was ' || g.state, case g.attempt when 0 then null when 1 then '1 attempt' else g.attempt || ' attempts' end, g.error)
    end,
    case v.verdict
      when 'unknown' then 'The newest: select id, agent, channel, state from ops.generations order by id desc limit 20;'
      when 'deleted' then 'Ask again with a new message.'
      when 'disabled' then format('Enable it first, as an administrator: PATCH /api/agents/%s with {"disabled": false}.', g.agent_id)
      when 'runs' then format('To start it again nevertheless, cancel it first: select ops.cancel(%s); select ops.retry(%1$s);', g.id)
    end,
    g.state
  from unnest(ids) with ordinality as asked(id, place)
  left join generation g on g.id = asked.id
  left join message m on m.id = g.message_id
  left join account a on a.id = g.agent_id
  left join agent n on n.account_id = g.agent_id
  left join channel c on c.id = g.channel_id
  left join worker w on w.id = g.worker_id
  cross join lateral (
    select j.verdict, case
      when j.verdict in ('unknown', 'deleted', 'runs', 'disabled') then 'refused'
      when j.verdict = 'again' then 'queued'
      else 'unchanged' end as outcome
    from (select case
      when g.id is null then 'unknown'
      -- deleted, claimed, heard of, completed or stopped after the caller's select had chosen it: no mistake of the caller. A row's
      -- times are when the transaction began, some seconds before the row was seen; a later one than now is of before the clock was
      -- set back
      when m.deleted_at between statement_timestamp() - interval '10 seconds' and clock_timestamp() then 'just deleted'
      when m.deleted_at is not null then 'deleted'
      when g.state = 'running' and g.id <> all(stuck) then
        case when greatest(g.claimed_at, g.first_token_at) between statement_timestamp() - interval '10 seconds' and clock_timestamp()
          or w.last_seen_at >= statement_timestamp() then 'just got on' else 'runs' end
      -- may be retried on purpose, at once
      when g.state = 'completed' and g.finished_at between statement_timestamp() and clock_timestamp() then 'just completed'
      -- in the caller's own transaction it is on purpose, too
      when g.state = 'cancelled' and g.finished_at > statement_timestamp() and g.finished_at <= clock_timestamp() then 'just stopped'
      when g.state in ('completed', 'failed', 'cancelled') and a.disabled_at is not null then 'disabled'
      when g.state = 'queued' and g.attempt = 0 and g.run_at <= now() then 'is queued'
      else 'again'
    end as verdict) j
  ) v
  order by asked.place;
end
$$;
comment on function ops.judge_retry(bigint[], bigint[]) is 'Internal: what a retry of each of these generations comes to: queued, unchanged or refused, and why.';

create or replace function ops.run_again(ids bigint[], action text, strict boolean)
returns table (id bigint, outcome text, agent text, channel text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  verdicts jsonb;
  stuck bigint[] := '{}';
  changed bigint[];
begin
  ids := (select array_agg(distinct i) from unnest(ids) i);
  perform chat.lock_channels_of((select array_agg(g.message_id) from generation g where g.id = any(ids)), true);
  perform 1 from generation g where g.id = any(ids) order by g.id for no key update;
  if exists (select from generation g where g.id = any(ids) and g.state = 'running') then
    stuck := array(select s.id from ops.stuck s where s.id = any(ids) and s.state = 'running');
  end if;
  select jsonb_agg(to_jsonb(j)), array_agg(j.id) filter (where j.outcome = 'queued') into verdicts, changed
  from ops.judge_retry(ids, stuck) j;
  if strict then
    perform ops.refuse(verdicts);
  end if;
  if changed is not null then
    -- fresh mentions, of priority 0, go first
    perform chat.requeue(changed, -1);
    perform ops.audit_generations(action, verdicts, 'queued');
  end if;
  return query select * from ops.answers(verdicts);
end
$$;
comment on function ops.run_again(bigint[], text, boolean) is 'Internal: behind every retry of an administrator. strict: one refusal raises and nothing is changed; else it is said in its row.';

create or replace function ops.retry(generation bigint)
returns table (id bigint, outcome text, agent text, channel text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.run_again(array[generation], 'retry', true)
$$;
comment on function ops.retry(bigint) is
  'Runs a generation again, now, its attempts reset: select ops.retry(12); select ops.retry(id) from ops.stuck. Works on a failed, cancelled, completed or waiting one, and on a running one that is stuck. The old text stays until the new replaces it; open pages follow by themselves. It waits behind fresh mentions (priority -1). One that may not be retried raises, and undoes the statement; ops.retry_all leaves it out instead.';

create or replace function ops.retry_all(ids bigint[])
returns table (id bigint, outcome text, agent text, channel text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.run_again(ids, 'retry', false)
$$;
comment on function ops.retry_all(bigint[]) is
  'Runs many generations again, those that can be: select * from ops.retry_all(array(select id from ops.stuck)). outcome: queued, unchanged, or refused with reason and remedy in detail; nothing is raised.';

create or replace function ops.retry_failed(handle text, since interval default interval '1 day')
returns table (id bigint, outcome text, agent text, channel text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
#variable_conflict use_column
declare
  agent_uuid uuid := ops.require_agent(handle);
  ids bigint[];
begin
  select array_agg(g.id) into ids
  from generation g
  join message m on m.id = g.message_id
  where g.agent_id = agent_uuid and g.state = 'failed' and (since is null or g.finished_at >= now() - since) and m.deleted_at is null;
  if ids is null then
    return query select null::bigint, 'unchanged', a.handle, null::text, 'nothing of this agent failed' || coalesce(' within ' || since, '')
    from account a where a.id = agent_uuid;
    return;
  end if;
  return query select * from ops.run_again(ids, 'retry_failed', false);
end
$$;
comment on function ops.retry_failed(text, interval) is
  'Runs again, in one go, what an agent failed at lately: select ops.retry_failed(''ada'', interval ''1 hour''); null: however long ago. Replies that were deleted are left out.';
