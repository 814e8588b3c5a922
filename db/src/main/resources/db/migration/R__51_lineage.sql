-- Seqs alone don't show that a database was restored: the replies that the backup interrupted run again at once and may
-- bring a channel past the seq that a browser holds, with other messages.

create or replace function chat.lineage()
returns text
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select l.id || '-' || case when pg_is_in_recovery() then '' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end
  from chat.lineage l
$$;
comment on function chat.lineage() is
  'The name of this database''s history: what was copied under another name may be of a future that never came. It changes when a backup is restored (chat.begin_lineage) and with the server''s timeline, that is after a recovery to a point in time or the promotion of a standby.';

create or replace function chat.begin_lineage(known text)
returns text
language sql
security definer
set search_path = chat, pg_temp
as $$
  update chat.lineage l set id = gen_random_uuid(), began_at = now() where chat.lineage() = known;
  select chat.lineage();
$$;
comment on function chat.begin_lineage(text) is
  'After a restore: gives the history another name, unless somebody did already and it is no longer the known one. Returns the name.';

create or replace function chat.incarnation()
returns text
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select chat.lineage() || '/' || d.oid || '/' || extract(epoch from pg_postmaster_start_time())
  from pg_database d where d.datname = current_database()
$$;
comment on function chat.incarnation() is
  'Names this start of the server, this database and its history. Who reads another one than before may read a restored database, and asks chat.has_forgotten before it goes on from what it has read.';

create or replace function chat.has_forgotten(channels uuid[], seqs bigint[], last_changed uuid[])
returns boolean
language sql
stable
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
as $$
  select exists (
    select from unnest(channels, seqs, last_changed) as seen(channel_id, seq, message_id)
    left join channel c on c.id = seen.channel_id
    left join message m on m.id = seen.message_id
    where c.id is null or c.seq < seen.seq or (seen.message_id is not null and (m.id is null or m.seq < seen.seq)))
$$;
comment on function chat.has_forgotten(uuid[], bigint[], uuid[]) is
  'Whether the database lacks what a reader has seen of it. last_changed: messages that had these seqs of the channels, as many for each channel as the reader remembers; a later change gives a message a later seq, and only a restore an earlier one or none.';
