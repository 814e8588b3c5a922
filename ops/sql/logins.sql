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
-- so that Holdfast, whose user owns the schema, sees for how long their transactions are open; a superuser's to grant too
do $$
begin
  execute format('grant pg_read_all_stats to %I', pg_get_userbyid((select nspowner from pg_namespace where nspname = 'chat')));
end
$$;
-- a begin that somebody forgets may keep its locks and every old version of every row: it ends before people feel it. Whoever needs
-- longer sets that in the session; pg_dump does by itself, and ops/backup has the owner's login
alter role operator set idle_in_transaction_session_timeout = '5min';
alter role dashboard set idle_in_transaction_session_timeout = '5min';
