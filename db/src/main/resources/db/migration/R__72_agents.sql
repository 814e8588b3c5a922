-- Administrators make and change agents.

create or replace function chat.write_agent(administrator uuid, agent uuid, change jsonb, action text)
returns void
language plpgsql
set search_path = chat, pg_temp
as $$
declare
  actor text := (select a.handle from account a where a.id = administrator);
  agent_handle text;
  violated text;
begin
  update account a
  set handle = coalesce(change ->> 'handle', a.handle),
      display_name = coalesce(change ->> 'displayName', a.display_name),
      disabled_at = case (change ->> 'disabled')::boolean when true then coalesce(a.disabled_at, now()) when false then null else a.disabled_at end
  where a.id = write_agent.agent and a.kind = 'agent'
  returning a.handle into agent_handle;
  if agent_handle is null then
    raise exception 'There is no agent %.', write_agent.agent
      using errcode = 'HF404', detail = 'GET /api/agents lists them.';
  end if;
  update agent g
  set provider = coalesce(change ->> 'provider', g.provider),
      model = coalesce(change ->> 'model', g.model),
      system_prompt = coalesce(change ->> 'systemPrompt', g.system_prompt),
      options = coalesce(change -> 'options', g.options),
      max_concurrency = case when change ? 'maxConcurrency' then (change ->> 'maxConcurrency')::integer else g.max_concurrency end,
      answers_agents = coalesce((change ->> 'answersAgents')::boolean, g.answers_agents),
      first_token_limit = coalesce(make_interval(secs => (change ->> 'firstTokenSeconds')::double precision), g.first_token_limit),
      idle_limit = coalesce(make_interval(secs => (change ->> 'idleSeconds')::double precision), g.idle_limit),
      total_limit = coalesce(make_interval(secs => (change ->> 'totalSeconds')::double precision), g.total_limit)
  where g.account_id = write_agent.agent;
  if change - 'paused' <> '{}' then
    insert into audit (actor, action, subject, detail)
    values (actor, write_agent.action, 'agent ' || agent_handle, change - 'paused' - 'systemPrompt');
  end if;
  -- whoever asks the audit who paused an agent finds it, whichever page or session it was done from
  if change ? 'paused' then
    perform set_config('holdfast.actor', actor, true);
    perform ops.set_paused(agent_handle, (change ->> 'paused')::boolean);
  end if;
exception when unique_violation then
  get stacked diagnostics violated = constraint_name;
  if violated <> 'account_handle_is_unique' then
    raise;
  end if;
  raise exception 'The handle @% is taken.', change ->> 'handle'
    using errcode = 'HF409', detail = 'Choose another one.';
end
$$;
comment on function chat.write_agent(uuid, uuid, jsonb, text) is 'What making and changing an agent have in common, the audit included.';

create or replace function chat.change_agent(administrator uuid, agent uuid, change jsonb)
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  select chat.write_agent(administrator, agent, change, 'change_agent')
$$;
comment on function chat.change_agent(uuid, uuid, jsonb) is 'Changes what the object names, as validated by the web; a maxConcurrency of null is no limit.';

create or replace function chat.make_agent(administrator uuid, wanted jsonb)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  made uuid;
begin
  insert into account (handle, display_name, kind)
  values (wanted ->> 'handle', coalesce(wanted ->> 'displayName', wanted ->> 'handle'), 'agent')
  on conflict on constraint account_handle_is_unique do nothing
  returning id into made;
  if made is null then
    raise exception 'The handle @% is taken.', wanted ->> 'handle'
      using errcode = 'HF409', detail = 'Choose another one.';
  end if;
  insert into agent (account_id, provider, model) values (made, wanted ->> 'provider', wanted ->> 'model');
  perform chat.write_agent(administrator, made, wanted, 'make_agent');
  return made;
end
$$;
comment on function chat.make_agent(uuid, jsonb) is 'An account of kind agent and its model side; what the object leaves out is as by default.';
