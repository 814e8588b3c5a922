-- Pausing agents.

create or replace function ops.require_agent(handle text)
returns uuid
language plpgsql
stable
security definer
set search_path = chat, pg_temp
as $$
declare
  found_id uuid;
  kind text;
begin
  select n.account_id, a.kind into found_id, kind
  from account a left join agent n on n.account_id = a.id
  where a.handle = lower(ltrim(require_agent.handle, '@'));
  if found_id is not null then
    return found_id;
  end if;
  raise exception '%', case when kind is null then format('There is no agent "%s".', require_agent.handle)
      else format('"%s" is a person, not an agent.', require_agent.handle) end
    using errcode = 'HF404',
      detail = 'Agents: ' || coalesce((select string_agg(a.handle, ', ' order by a.handle) from agent n join account a on a.id = n.account_id), 'none yet') || '.';
end
$$;
comment on function ops.require_agent(text) is 'Internal: the agent of this handle, or HF404 with the handles that there are.';

create or replace function ops.set_paused(handle text, value boolean)
returns table (agent text, outcome text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
#variable_conflict use_variable
declare
  agent_uuid uuid := ops.require_agent(handle);
  queued bigint;
  running bigint;
begin
  select a.handle into handle from account a where a.id = agent_uuid;
  update chat.agent n set paused = value where n.account_id = agent_uuid and n.paused <> value;
  if not found then
    return query select handle, 'unchanged', case when value then 'is paused already' else 'is not paused' end;
    return;
  end if;
  select count(*) filter (where g.state = 'queued'), count(*) filter (where g.state = 'running') into queued, running
  from generation g
  where g.agent_id = agent_uuid and g.state in ('queued', 'running');
  perform ops.write_audit(case when value then 'pause_agent' else 'resume_agent' end, array['agent ' || handle],
    array[jsonb_build_object('queued', queued, 'running', running)]);
  return query select handle, case when value then 'paused' else 'resumed' end, case when value
    then format('%s running will finish, %s queued wait for select ops.resume_agent(%L);', running, queued, handle)
    else format('%s queued may run now', queued) end;
end
$$;
comment on function ops.set_paused(text, boolean) is 'Internal: behind ops.pause_agent and ops.resume_agent.';

create or replace function ops.pause_agent(handle text)
returns table (agent text, outcome text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.set_paused(handle, true)
$$;
comment on function ops.pause_agent(text) is
  'Nothing of this agent starts from now on; what runs finishes, what is asked meanwhile waits: select ops.pause_agent(''ada'').';

create or replace function ops.resume_agent(handle text)
returns table (agent text, outcome text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.set_paused(handle, false)
$$;
comment on function ops.resume_agent(text) is 'Ends the pause of an agent; what waited runs at once: select ops.resume_agent(''ada'').';
