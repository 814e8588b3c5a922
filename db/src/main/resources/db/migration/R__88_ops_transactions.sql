-- What keeps old versions of rows from being removed.

create or replace function ops.oldest_transaction_age()
returns interval
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select greatest(interval '0', now() - least(
    (
      select min(a.xact_start)
      from pg_stat_activity a
      where a.datname = current_database()
        -- one that has written nothing and holds no snapshot is in nobody's way
        and (a.backend_xid is not null or a.backend_xmin is not null)
        and a.backend_type is distinct from 'autovacuum worker'
        -- neither is a vacuum with its workers, however long it takes
        and coalesce(a.leader_pid, a.pid) not in (select v.pid from pg_stat_progress_vacuum v)
    ),
    (select min(p.prepared) from pg_prepared_xacts p where p.database = current_database())
  ))
$$;
comment on function ops.oldest_transaction_age() is
  'For how long the oldest transaction of this database is open that has written or holds a snapshot, prepared ones included. While it is, no version of a row
that was replaced meanwhile can be removed, and channels that much is written in get slower with every message. When the sessions of other users began is
seen only where the owner is a superuser or in pg_read_all_stats.';
