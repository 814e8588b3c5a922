-- Logins for people and programs that need no more than the views, or the views and the repairs. Set passwords with \password.
do $$
begin
  if to_regrole('operator') is null then
    create role operator login;
  end if;
  if to_regrole('dashboard') is null then
    create role dashboard login;
  end if;
end
$$;
grant holdfast_ops to operator;       -- select ops.retry(...), and the views
grant holdfast_readonly to dashboard; -- the views alone
-- what the runbook asks pg_stat_activity, and to end a session that blocks; a superuser's to grant
grant pg_monitor, pg_signal_backend to operator;
