-- NOTIFY is a hint: the payload says where to look, never what is there. Equal payloads of one transaction collapse.

create or replace function chat.notify_message_channels()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform pg_notify('channel_changed', c.channel_id::text)
  from (select distinct w.channel_id from written w) c;
  return null;
end
$$;
comment on function chat.notify_message_channels() is 'Statement trigger of message: channel_changed with the channel''s id.';

create or replace trigger message_40_insert_notifies
  after insert on chat.message
  referencing new table as written
  for each statement
  execute function chat.notify_message_channels();

create or replace trigger message_40_update_notifies
  after update on chat.message
  referencing new table as written
  for each statement
  execute function chat.notify_message_channels();

create or replace function chat.notify_chunk_channels()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform pg_notify('channel_changed', c.channel_id::text)
  from (
    select distinct m.channel_id
    from (select distinct w.message_id from written w) w
    join message m on m.id = w.message_id
  ) c;
  return null;
end
$$;
comment on function chat.notify_chunk_channels() is 'Statement trigger of chunk: channel_changed with the channel''s id, once for a whole flush.';

create or replace trigger chunk_40_insert_notifies
  after insert on chat.chunk
  referencing new table as written
  for each statement
  execute function chat.notify_chunk_channels();

create or replace function chat.notify_generation()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  ready boolean;
  ended boolean; -- some do not run, or no longer: their agent may have a free place
begin
  select bool_or(w.state = 'queued'), bool_or(w.state <> 'running') into ready, ended from written w;
  if tg_op = 'UPDATE' then
    -- asked by itself first: a claim is made far oftener than anything is taken away, and spares itself what follows
    if exists (select from before b where b.state = 'running') then
      -- a set operation, because a join of tables without statistics compares each with each
      if exists (
        select b.id, b.fence from before b where b.state = 'running'
        except
        select w.id, w.fence from written w where w.state in ('running', 'completed')
      ) then
        perform pg_notify('generation_changed', '');
      end if;
    end if;
    -- a place at an agent that may have been full: its next one may run on another worker
    if ended and not ready then
      ready := exists (
        select from (select distinct w.agent_id from written w where w.state <> 'running') w
        join agent a on a.account_id = w.agent_id
        where a.max_concurrency is not null
          and exists (select from generation q where q.agent_id = w.agent_id and q.state = 'queued')
      );
    end if;
  end if;
  if ready then
    perform pg_notify('generation_ready', '');
  end if;
  return null;
end
$$;
comment on function chat.notify_generation() is
  'Statement trigger of generation: generation_ready wakes workers that may claim; generation_changed tells those that run something to ask whether they still may.';

create or replace trigger generation_40_insert_notifies
  after insert on chat.generation
  referencing new table as written
  for each statement
  execute function chat.notify_generation();

create or replace trigger generation_40_update_notifies
  after update on chat.generation
  referencing new table as written old table as before
  for each statement
  execute function chat.notify_generation();

create or replace function chat.notify_membership()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  if tg_op = 'DELETE' then
    perform pg_notify('account_changed', a.account_id::text) from (select distinct b.account_id from before b) a;
  elsif tg_op = 'UPDATE' then
    -- reading is by far the most of it, and no reason to read all channels again
    perform pg_notify('account_changed', a.account_id::text)
    from (
      select distinct c.account_id
      from (select w.channel_id, w.account_id, w.role from written w except select b.channel_id, b.account_id, b.role from before b) c
    ) a;
    perform pg_notify('read_changed', r.account_id || ' ' || r.channel_id)
    from (
      select w.channel_id, w.account_id, w.last_read_seq from written w
      except
      select b.channel_id, b.account_id, b.last_read_seq from before b
    ) r;
  else
    perform pg_notify('account_changed', a.account_id::text) from (select distinct w.account_id from written w) a;
  end if;
  return null;
end
$$;
comment on function chat.notify_membership() is
  'Statement trigger of membership: account_changed with the account''s id, so that its feeds re-read what it may see; read_changed with the account''s and the channel''s id where it has read on.';

create or replace trigger membership_40_insert_notifies
  after insert on chat.membership
  referencing new table as written
  for each statement
  execute function chat.notify_membership();

create or replace trigger membership_40_update_notifies
  after update on chat.membership
  referencing new table as written old table as before
  for each statement
  execute function chat.notify_membership();

create or replace trigger membership_40_delete_notifies
  after delete on chat.membership
  referencing old table as before
  for each statement
  execute function chat.notify_membership();

create or replace function chat.notify_account()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform pg_notify('account_changed', w.id::text) from written w;
  return null;
end
$$;
comment on function chat.notify_account() is 'Statement trigger of account: account_changed with the account''s id.';

create or replace trigger account_40_update_notifies
  after update on chat.account
  referencing new table as written
  for each statement
  execute function chat.notify_account();

create or replace function chat.notify_session_ended()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform pg_notify('session_ended', s.principal_name)
  from (select distinct b.principal_name from before b where b.principal_name is not null) s;
  return null;
end
$$;
comment on function chat.notify_session_ended() is 'Statement trigger of session: session_ended with the account''s id, so that its feeds end with the session.';

create or replace trigger session_40_delete_notifies
  after delete on chat.session
  referencing old table as before
  for each statement
  execute function chat.notify_session_ended();

create or replace function chat.notify_agent()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform pg_notify('generation_ready', '');
  return null;
end
$$;
comment on function chat.notify_agent() is
  'Statement trigger of agent: generation_ready, because a resumed agent or a wider limit may let queued generations run.';

create or replace trigger agent_40_notifies
  after insert or update or delete on chat.agent
  for each statement
  execute function chat.notify_agent();

create or replace function chat.raise_agent_version()
returns trigger
language plpgsql
set search_path = chat, pg_temp
as $$
begin
  new.version := old.version + 1;
  return new;
end
$$;
comment on function chat.raise_agent_version() is 'Row trigger of agent: version rises with every change, so that workers rebuild the model they hold.';

create or replace trigger agent_10_version
  before update on chat.agent
  for each row
  execute function chat.raise_agent_version();
