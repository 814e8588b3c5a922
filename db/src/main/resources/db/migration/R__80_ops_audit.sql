-- Schema ops is what administrators read and call in psql: \dv+ ops.* and \df+ ops.* are the manual. People script against
-- it: a view's columns are only added, at the end; no view shows what was written in a channel. Each function returns what
-- it changed, says unchanged when nothing had to change, raises a sentence with its remedy (in DETAIL, which the driver
-- passes on to the web) when it may not be, and writes to ops.audit. ROLLBACK undoes all.

create or replace view ops.audit as
select u.id, u.at, u.actor, u.action, u.subject, u.detail
from chat.audit u
order by u.id desc;
comment on view ops.audit is 'What administrators did, newest first: select * from ops.audit limit 20.';
comment on column ops.audit.actor is 'The handle of an account on the page, or the database user of an SQL session.';
comment on column ops.audit.subject is 'What was changed, its kind first: generation 12, agent ada, worker web-1, account mira, invite 3f…, message 01…, channel general.';

create or replace function ops.write_audit(action text, subjects text[], details jsonb[])
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  -- only the web may speak for an account; whoever else is connected acts in their own name. Where the owner is not in the
  -- web's role, the web goes on as the owner
  insert into audit (actor, action, subject, detail)
  select
    case when to_regrole('holdfast_web') is null or pg_has_role(session_user, to_regrole('holdfast_web'), 'member')
        or pg_has_role(session_user, current_user, 'member')
      then coalesce(nullif(current_setting('holdfast.actor', true), ''), session_user)
      else session_user end,
    write_audit.action, e.subject, e.detail
  from unnest(subjects, details) as e(subject, detail);
end
$$;
comment on function ops.write_audit(text, text[], jsonb[]) is
  'Internal: keeps what was done. The web names the acting account in the setting holdfast.actor of its transaction.';

create or replace function ops.audit_generations(action text, verdicts jsonb, outcome text)
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  select ops.write_audit(action, array_agg('generation ' || v.id), array_agg(jsonb_build_object('agent', v.agent, 'channel', v.channel, 'detail', v.detail)))
  from jsonb_to_recordset(verdicts) as v(id bigint, agent text, channel text, outcome text, detail text)
  where v.outcome = audit_generations.outcome
$$;
comment on function ops.audit_generations(text, jsonb, text) is 'Internal: keeps what was done to the generations whose verdict has this outcome.';

create or replace function ops.refuse(verdicts jsonb)
returns void
language plpgsql
set search_path = chat, pg_temp
as $$
declare
  refused record;
begin
  select v.* into refused
  from jsonb_to_recordset(verdicts) as v(id bigint, agent text, outcome text, detail text, remedy text)
  where v.outcome = 'refused'
  order by v.id
  limit 1;
  if found then
    raise exception '%', refused.detail
      using errcode = case when refused.agent is null then 'HF404' else 'HF409' end, detail = refused.remedy;
  end if;
end
$$;
comment on function ops.refuse(jsonb) is 'Internal: raises the first refusal among these verdicts, if there is one: HF404 unknown, HF409 not allowed.';

create or replace function ops.answers(verdicts jsonb)
returns table (id bigint, outcome text, agent text, channel text, detail text)
language sql
immutable
set search_path = chat, pg_temp
as $$
  select v.id, v.outcome, v.agent, v.channel, concat_ws(' ', v.detail, v.remedy)
  from jsonb_to_recordset(coalesce(verdicts, '[]')) as v(id bigint, outcome text, agent text, channel text, detail text, remedy text)
  order by v.id
$$;
comment on function ops.answers(jsonb) is 'Internal: the verdicts as rows, a row for each generation that was named.';
