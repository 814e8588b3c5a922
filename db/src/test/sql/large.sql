-- Fills an empty, migrated database with 1,000,000 finished generations and 2,000,000 messages in 50 channels, and shows
-- what the queue and the readers touch beside them. By hand, not in a build: psql -f db/src/test/sql/large.sql <database>
\set ON_ERROR_STOP on
insert into chat.account (handle, display_name) select 'person-' || n, 'Person ' || n from generate_series(0, 19) n;
with agents as (
  insert into chat.account (handle, display_name, kind) select 'agent-' || n, 'Agent ' || n, 'agent' from generate_series(0, 4) n returning id
)
insert into chat.agent (account_id, provider, model) select id, 'guide', 'guide' from agents;
insert into chat.channel (name) select 'channel-' || n from generate_series(0, 49) n;
insert into chat.membership (channel_id, account_id) select c.id, a.id from chat.channel c, chat.account a;
select chat.register_worker('large', 100) as worker \gset

create temporary table n as
select n, c.id as channel, p.id as person, a.id as agent, md5('q' || n)::uuid as question, md5('r' || n)::uuid as answer,
  2 * (n / 50) as before, now() - make_interval(secs => 2 * (1000000 - n)) as at
from generate_series(1, 1000000) n
join chat.channel c on c.name = 'channel-' || n % 50
join chat.account p on p.handle = 'person-' || n % 20
join chat.account a on a.handle = 'agent-' || n % 5;
set session_replication_role = replica; -- without triggers
insert into chat.message (id, channel_id, author_id, content, seq, position)
select question, channel, person, 'question ' || n, before + 1, before + 1 from n;
insert into chat.message (id, channel_id, author_id, content, seq, position, reply_to, text_fence)
select answer, channel, agent, 'answer ' || n, before + 2, before + 2, question, 1 from n;
insert into chat.generation (message_id, asked_by_message, agent_id, channel_id, person_id, state, attempt, fence, worker_id,
  queued_at, claimed_at, first_token_at, finished_at, error)
select answer, question, agent, channel, person, case when n % 1000 = 0 then 'failed' else 'completed' end, 1, 1, :worker,
  at, at, at, at, case when n % 1000 = 0 then 'no' end
from n;
update chat.channel c set seq = (select max(m.seq) from chat.message m where m.channel_id = c.id);
set session_replication_role = origin;
analyze;

insert into chat.message (channel_id, author_id, content)
select c.id, a.id, 'hello @agent-' || right(c.name, 1)::integer % 5 from chat.channel c, chat.account a where a.handle = 'person-1';

create function pg_temp.touched() returns text language sql as $$
  select string_agg(relname || ': ' || seq_tup_read || ' rows by scan, ' || coalesce(idx_tup_fetch, 0) || ' by index', '; ' order by relname)
  from pg_stat_xact_user_tables where schemaname = 'chat' and relname in ('message', 'generation', 'chunk')
$$;
create procedure pg_temp.show(what text, statement text) language plpgsql as $$
declare
  before text;
  started timestamptz;
begin
  commit;
  perform pg_stat_force_next_flush();
  commit;
  started := clock_timestamp();
  execute statement;
  raise notice '% ms  %  %', to_char(extract(milliseconds from clock_timestamp() - started), '99990.0'), rpad(what, 24), pg_temp.touched();
end
$$;
create temporary table held as select generation_id, message_id, fence from chat.claim(0, 1, '1 second') limit 0;
call pg_temp.show('claim 50', format('insert into held select generation_id, message_id, fence from chat.claim(%s, 50, ''1 minute'')', :worker));
call pg_temp.show('reap', 'select count(*) from chat.reap()');
call pg_temp.show('heartbeat 50', format('select count(*) from chat.heartbeat(%s, (select array_agg(generation_id) from held), (select array_agg(fence) from held), ''5 minutes'')', :worker));
call pg_temp.show('start_streaming 50', 'select count(*) from chat.start_streaming((select array_agg(message_id) from held), (select array_agg(fence) from held))');
call pg_temp.show('append_chunks 50', format('select count(*) from chat.append_chunks(%s, (select array_agg(message_id) from held), (select array_agg(fence) from held), array_fill(null::int, array[50]), array_fill(0, array[50]), array_fill(''good''::text, array[50]))', :worker));
call pg_temp.show('channel_changes', 'select count(*) from chat.channel_changes((select array_agg(id order by id) from chat.channel), (select array_agg(seq - 5 order by id) from chat.channel), ''{}'', ''{}'', ''{}'')');
call pg_temp.show('history, newest 50', 'select chat.history((select id from chat.channel limit 1), null, 50)');
call pg_temp.show('history, 50 in between', 'select chat.history((select id from chat.channel limit 1), 20000, 50)');
call pg_temp.show('context of 50 messages', 'select count(*) from chat.context((select max(generation_id) from held), 50)');
call pg_temp.show('complete 50', format('select count(*) from chat.complete(%s, (select array_agg(message_id) from held), (select array_agg(fence) from held), array_fill(''good morning''::text, array[50]), array_fill(1, array[50]), array_fill(1, array[50]))', :worker));
call pg_temp.show('post', 'select chat.post(''channel-1'', ''person-1'', ''hello @agent-1'')');
call pg_temp.show('ops.queue', 'select count(*) from ops.queue');
call pg_temp.show('ops.generations, newest', 'select count(*) from (select * from ops.generations order by id desc limit 20) g');
call pg_temp.show('ops.stuck', 'select count(*) from ops.stuck');
call pg_temp.show('ops.throughput', 'select count(*) from ops.throughput');
