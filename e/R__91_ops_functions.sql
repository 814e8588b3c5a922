-- What administrators do, from psql or from the page: the same doors. Each returns what it changed, says unchanged when
-- nothing had to change, raises a sentence with a hint when it may not be, and writes to ops.audit. ROLLBACK undoes all.

create or replace function ops.write_audit(action text, subjects text[], details jsonb[])
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  -- only the web may speak for an account; whoever else is connected acts in their own name
  insert into audit (actor, action, subject, detail)
  select
    case when to_regrole('holdfast_web') is null or pg_has_role(session_user, to_regrole('holdfast_web'), 'member')
      then coalesce(nullif(current_setting('holdfast.actor', true), ''), session_user)
      else session_user end,
    write_audit.action, e.subject, e.detail
  from unnest(subjects, details) as e(subject, detail);
end
$$;
comment on function ops.write_audit(text, text[], jsonb[]) is
  'Internal: keeps what was done. The web names the acting account in the setting holdfast.actor of its transaction.';

-- generic plans: planning each of a thousand calls anew would cost ten times what they do
create or replace function ops.judge_retry(ids bigint[], stuck bigint[])
returns table (id bigint, agent text, channel text, outcome text, detail text, was text)
language plpgsql
stable
security definer
set search_path = chat, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
  select asked.id, a.handle, c.name,
    case v.verdict when 'refused' then 'refused' when 'queued' then 'queued' else 'unchanged' end,
    case
      when g.id is null then format('There is no generation %s.', asked.id)
      when m.deleted_at is not null then format('The reply of generation %s was deleted.', g.id)
      when v.verdict = 'refused' then format('Generation %s is running (attempt %s) and gets on.', g.id, g.attempt)
      when v.verdict = 'just claimed' then 'runs since a moment ago'
      when v.verdict = 'just completed' then 'has completed a moment ago'
      when v.verdict = 'is queued' then case when n.paused
        then 'is queued already, but its agent is paused: select ops.resume_agent(' || quote_literal(a.handle) || ');'
        else 'is queued already' end
      else concat_ws(', ', 'was ' || g.state, nullif(format('%s attempts', g.attempt), '0 attempts'), g.error)
    end,
    g.state
  from unnest(ids) with ordinality as asked(id, place)
  left join generation g on g.id = asked.id
  left join message m on m.id = g.message_id
  left join account a on a.id = g.agent_id
  left join agent n on n.account_id = g.agent_id
  left join channel c on c.id = g.channel_id
  cross join lateral (
    select case
      when g.id is null or m.deleted_at is not null then 'refused'
      when g.state = 'running' and g.id <> all(stuck) then
        -- claimed or completed after the caller's select had chosen it: no mistake of the caller
        case when g.claimed_at >= statement_timestamp() then 'just claimed' else 'refused' end
      when g.state = 'completed' and g.finished_at >= statement_timestamp() then 'just completed'
      when g.state = 'queued' and g.attempt = 0 and g.run_at <= now() then 'is queued'
      else 'queued'
    end as verdict
  ) v
  order by asked.place;
end
$$;
comment on function ops.judge_retry(bigint[], bigint[]) is 'Internal: what a retry of each of these generations comes to: queued, unchanged or refused, and why.';

create or replace function ops.requeue(ids bigint[], action text)
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
  taken bigint[];
  others uuid[];
  changed bigint[];
begin
  ids := (select array_agg(distinct i) from unnest(ids) i);
  perform chat.lock_channels_of((select array_agg(g.message_id) from generation g where g.id = any(ids)), true);
  perform 1 from generation g where g.id = any(ids) order by g.id for no key update;
  if exists (select from generation g where g.id = any(ids) and g.state = 'running') then
    stuck := array(select s.id from ops.stuck s where s.id = any(ids) and s.state = 'running');
  end if;
  select jsonb_agg(to_jsonb(j)) into verdicts from ops.judge_retry(ids, stuck) j;
  select array_agg(v.id), array_agg(v.id) filter (where v.was = 'running') into changed, taken
  from jsonb_to_recordset(verdicts) as v(id bigint, outcome text, was text)
  where v.outcome = 'queued';
  if changed is not null then
    perform chat.leave_running(taken, 'queued', 'queued', 'taken away', null, null, now(), true, null);
    select array_agg(g.message_id) into others from generation g where g.id = any(changed) and g.id <> all(coalesce(taken, '{}'));
    update message m set status = 'queued', seq = t.seq from chat.take_seqs(others) t where m.id = t.message_id;
    -- fresh mentions, of priority 0, go first
    with turns as (
      select p.agent_id, p.person_id, chat.next_turn(p.agent_id, p.person_id, -1) as next
      from (select distinct g.agent_id, g.person_id from generation g where g.id = any(changed)) p
    ), places as (
      select g.id, t.next + row_number() over (partition by g.agent_id, g.person_id order by g.id) - 1 as turn
      from generation g
      join turns t on t.agent_id = g.agent_id and t.person_id = g.person_id
      where g.id = any(changed)
    )
    update generation g
    set state = 'queued', attempt = 0, fence = g.fence + 1, priority = -1, turn = p.turn, run_at = now(), queued_at = now(),
      error = null, error_code = null, finished_at = null, first_token_at = null, input_tokens = null, output_tokens = null, flushes = null
    from places p
    where g.id = p.id;
    perform ops.write_audit(action, array_agg('generation ' || v.id),
      array_agg(jsonb_build_object('agent', v.agent, 'channel', v.channel, 'detail', v.detail)))
    from jsonb_to_recordset(verdicts) as v(id bigint, agent text, channel text, outcome text, detail text)
    where v.outcome = 'queued';
  end if;
  return query
  select v.id, v.outcome, v.agent, v.channel, v.detail
  from jsonb_to_recordset(coalesce(verdicts, '[]')) as v(id bigint, agent text, channel text, outcome text, detail text)
  order by v.id;
end
$$;
comment on function ops.requeue(bigint[], text) is 'Internal: behind every retry of an administrator.';

create or replace function ops.retry_all(ids bigint[])
returns table (id bigint, outcome text, agent text, channel text, detail text)
language sql
security definer
set search_path = chat, pg_temp
as $$
  select * from ops.requeue(ids, 'retry')
$$;
comment on function ops.retry_all(bigint[]) is
  'Runs many generations again: select * from ops.retry_all(array(select id from ops.stuck)). outcome: queued, unchanged, or refused with the reason in detail; nothing is raised.';

create or replace function ops.retry(generation bigint)
returns table (id bigint, outcome text, agent text, channel text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  done record;
begin
  select * into done from ops.requeue(array[retry.generation], 'retry');
  if done.outcome is distinct from 'refused' then
    return query select done.id, done.outcome, done.agent, done.channel, done.detail;
    return;
  end if;
  if done.agent is null then
    raise exception '%', done.detail
      using errcode = 'HF404', hint = 'select id, agent, channel, state from ops.generations order by id desc limit 20; shows the newest.';
  end if;
  raise exception '%', done.detail
    using errcode = 'HF409', hint = case when done.detail like '%deleted%'
      then 'Ask again with a new message.'
      else 'If it shall start again nevertheless, cancel it first: select ops.cancel(' || done.id || '); then select ops.retry(' || done.id || ');' end;
end
$$;
comment on function ops.retry(bigint) is
  'Runs a generation again, now, its attempts reset: select ops.retry(12); select ops.retry(id) from ops.stuck. Works on a failed, cancelled, completed or waiting one, and on a running one that is stuck. The old text stays until the new replaces it; open pages follow by themselves. It waits behind fresh mentions (priority -1).';

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
      hint = 'Agents: ' || coalesce((select string_agg(a.handle, ', ' order by a.handle) from agent n join account a on a.id = n.account_id), 'none yet') || '.';
end
$$;
comment on function ops.require_agent(text) is 'Internal: the agent of this handle, or HF404 with the handles that there are.';

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
  where g.agent_id = agent_uuid and g.state = 'failed' and g.finished_at >= now() - since and m.deleted_at is null;
  if ids is null then
    return query select null::bigint, 'unchanged', lower(ltrim(handle, '@')), null::text, 'nothing of this agent failed within ' || since;
    return;
  end if;
  return query select r.id, r.outcome, r.agent, r.channel, r.detail from ops.requeue(ids, 'retry_failed') r;
end
$$;
comment on function ops.retry_failed(text, interval) is
  'Runs again, in one go, what an agent failed at lately: select ops.retry_failed(''ada'', interval ''1 hour''). Replies that were deleted are left out.';

create or replace function ops.cancel_all(ids bigint[])
returns table (id bigint, outcome text, agent text, channel text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
#variable_conflict use_column
declare
  verdicts jsonb;
  changed bigint[];
begin
  ids := (select array_agg(distinct i) from unnest(ids) i);
  perform chat.lock_channels_of((select array_agg(g.message_id) from generation g where g.id = any(ids)), true);
  perform 1 from generation g where g.id = any(ids) order by g.id for no key update;
  select jsonb_agg(jsonb_build_object('id', asked.id, 'agent', a.handle, 'channel', c.name,
    'outcome', case
      when g.state in ('queued', 'running') then 'cancelled'
      -- ended after the caller's select had chosen it: no mistake of the caller
      when g.state = 'cancelled' or g.finished_at >= statement_timestamp() then 'unchanged'
      else 'refused' end,
    'detail', case
      when g.id is null then format('There is no generation %s.', asked.id)
      when g.state in ('queued', 'running') then 'was ' || g.state
      when g.state = 'cancelled' then 'is cancelled already'
      when g.finished_at >= statement_timestamp() then 'has ' || g.state || ' a moment ago'
      else format('Generation %s has %s; there is nothing to cancel.', g.id, g.state) end) order by asked.id)
  into verdicts
  from unnest(ids) as asked(id)
  left join generation g on g.id = asked.id
  left join account a on a.id = g.agent_id
  left join channel c on c.id = g.channel_id;
  select array_agg(v.id) into changed
  from jsonb_to_recordset(verdicts) as v(id bigint, outcome text)
  where v.outcome = 'cancelled';
  if changed is not null then
    perform chat.leave_running(changed, 'cancelled', 'stopped', 'stopped', null, null, null, true, null);
    perform ops.write_audit('cancel', array_agg('generation ' || v.id),
      array_agg(jsonb_build_object('agent', v.agent, 'channel', v.channel, 'detail', v.detail)))
    from jsonb_to_recordset(verdicts) as v(id bigint, agent text, channel text, outcome text, detail text)
    where v.outcome = 'cancelled';
  end if;
  return query
  select v.id, v.outcome, v.agent, v.channel, v.detail
  from jsonb_to_recordset(coalesce(verdicts, '[]')) as v(id bigint, agent text, channel text, outcome text, detail text)
  order by v.id;
end
$$;
comment on function ops.cancel_all(bigint[]) is
  'Cancels many generations: select * from ops.cancel_all(array(select id from ops.generations where agent = ''ada'' and state = ''queued'')). outcome: cancelled, unchanged, or refused with the reason in detail; nothing is raised.';

create or replace function ops.cancel(generation bigint)
returns table (id bigint, outcome text, agent text, channel text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  done record;
begin
  select * into done from ops.cancel_all(array[cancel.generation]);
  if done.outcome is distinct from 'refused' then
    return query select done.id, done.outcome, done.agent, done.channel, done.detail;
    return;
  end if;
  if done.agent is null then
    raise exception '%', done.detail
      using errcode = 'HF404', hint = 'select id, agent, channel, state from ops.generations order by id desc limit 20; shows the newest.';
  end if;
  raise exception '%', done.detail
    using errcode = 'HF409', hint = 'Only a queued or running one can be cancelled. To write the reply again: select ops.retry(' || done.id || ');';
end
$$;
comment on function ops.cancel(bigint) is
  'Ends a queued or running generation for good; its text so far stays in the channel, marked as stopped: select ops.cancel(id) from ops.generations where channel = ''general'' and state = ''queued''.';

create or replace function ops.pause_agent(handle text)
returns table (agent text, outcome text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  agent_uuid uuid := ops.require_agent(handle);
  queued bigint;
  running bigint;
begin
  update chat.agent n set paused = true where n.account_id = agent_uuid and not n.paused;
  if not found then
    return query select a.handle, 'unchanged', 'is paused already' from account a where a.id = agent_uuid;
    return;
  end if;
  select count(*) into queued from generation g where g.agent_id = agent_uuid and g.state = 'queued';
  select count(*) into running from generation g where g.agent_id = agent_uuid and g.state = 'running';
  perform ops.write_audit('pause_agent', array['agent ' || a.handle],
    array[jsonb_build_object('queued', queued, 'running', running)]) from account a where a.id = agent_uuid;
  return query select a.handle, 'paused', format('%s running will finish, %s queued wait for select ops.resume_agent(%L);', running, queued, a.handle)
  from account a where a.id = agent_uuid;
end
$$;
comment on function ops.pause_agent(text) is
  'Nothing of this agent starts from now on; what runs finishes, what is asked meanwhile waits: select ops.pause_agent(''ada'').';

create or replace function ops.resume_agent(handle text)
returns table (agent text, outcome text, detail text)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  agent_uuid uuid := ops.require_agent(handle);
  queued bigint;
begin
  update chat.agent n set paused = false where n.account_id = agent_uuid and n.paused;
  if not found then
    return query select a.handle, 'unchanged', 'is not paused' from account a where a.id = agent_uuid;
    return;
  end if;
  select count(*) into queued from generation g where g.agent_id = agent_uuid and g.state = 'queued';
  perform ops.write_audit('resume_agent', array['agent ' || a.handle], array[jsonb_build_object('queued', queued)])
  from account a where a.id = agent_uuid;
  return query select a.handle, 'resumed', format('%s queued may run now', queued) from account a where a.id = agent_uuid;
end
$$;
comment on function ops.resume_agent(text) is 'Ends the pause of an agent; what waited runs at once: select ops.resume_agent(''ada'').';

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
        hint = 'Workers: ' || coalesce((select string_agg(distinct w.worker, ', ') from ops.workers w where w.state <> 'silent'), 'none running') || '.';
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

revoke all on all functions in schema ops from public;
do $$
declare
  actor text;
begin
  foreach actor in array array['holdfast_ops', 'holdfast_web'] loop
    if exists (select from pg_roles where rolname = actor) then
      execute format('grant execute on function ops.retry(bigint), ops.retry_all(bigint[]), ops.retry_failed(text, interval),
        ops.cancel(bigint), ops.cancel_all(bigint[]), ops.pause_agent(text), ops.resume_agent(text),
        ops.drain_worker(text), ops.resume_worker(text) to %I', actor);
    end if;
  end loop;
end
$$;
