-- Dense seq: every change of a message takes the channel's next seq under the channel's row lock.

create or replace function chat.lock_channels_of(ids uuid[], wait boolean)
returns uuid[]
language plpgsql
set search_path = chat, pg_temp
as $$
declare
  locked uuid[];
begin
  if wait then
    perform 1 from channel c
    where c.id in (select m.channel_id from message m where m.id = any(ids))
    order by c.id
    for no key update;
    perform 1 from message m where m.id = any(ids) order by m.id for no key update;
    return ids;
  end if;
  with free as materialized (
    select c.id from channel c
    where c.id in (select m.channel_id from message m where m.id = any(ids))
    order by c.id
    for no key update skip locked
  )
  select array_agg(f.id) into locked from (
    select m.id from message m
    where m.id = any(ids) and m.channel_id in (select free.id from free)
    order by m.id
    for no key update of m skip locked
  ) f;
  return coalesce(locked, '{}');
end
$$;
comment on function chat.lock_channels_of(uuid[], boolean) is
  'Locks the channels of these messages by id, then the messages by id (the one order everybody keeps). wait false: leaves out those that somebody holds, for callers that come again in a moment. Returns the messages that are now locked.';

create or replace function chat.take_seqs(ids uuid[])
returns table (message_id uuid, seq bigint)
language sql
rows 20 -- the default of 1,000 makes the caller's update read the whole table of messages
set search_path = chat, pg_temp
as $$
  with changed as (
    select m.id, m.channel_id, row_number() over (partition by m.channel_id order by m.position) as place
    from message m
    where m.id = any(ids)
  ), counted as (
    select changed.channel_id, count(*) as changes from changed group by changed.channel_id
  ), advanced as (
    update channel c set seq = c.seq + counted.changes
    from counted
    where c.id = counted.channel_id
    returning c.id, c.seq - counted.changes as before
  )
  select changed.id, advanced.before + changed.place
  from changed join advanced on advanced.id = changed.channel_id
$$;
comment on function chat.take_seqs(uuid[]) is
  'The next seqs of the channels of these messages, one for each message. The caller holds the channels (chat.lock_channels_of) and changes every one of the messages, so that seq stays dense.';

create or replace function chat.message_takes_seq()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  update channel c set seq = c.seq + 1 where c.id = new.channel_id returning c.seq into new.seq;
  if not found then
    raise exception 'There is no channel %.', new.channel_id
      using errcode = 'HF404', hint = 'select id, name from chat.channel lists the channels.';
  end if;
  new.position := new.seq;
  -- a repeat gives its seq back: it ends as a unique violation, or as nothing with ON CONFLICT DO NOTHING.
  -- Looked for under the channel's lock, so that of parallel repeats all but one see the message.
  if exists (select from message m where m.id = new.id) then
    update channel c set seq = c.seq - 1 where c.id = new.channel_id;
  end if;
  return new;
end
$$;
comment on function chat.message_takes_seq() is
  'Gives a message that is inserted the channel''s next seq. A row trigger, because the row must not be without one.';

create or replace trigger message_10_insert_takes_seq
  before insert on chat.message
  for each row
  execute function chat.message_takes_seq();

create or replace function chat.changed_messages_take_seqs()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  changed uuid[];
begin
  -- set operations, because a join of tables without statistics compares each with each
  select array_agg(same_seq.id) into changed
  from (select w.id, w.seq from written w intersect select b.id, b.seq from before b) same_seq;
  if changed is null then
    return null;
  end if;
  select array_agg(c.id) into changed
  from (
    select w.id, w.content, w.status, w.edited_at, w.deleted_at, w.reply_to, w.author_id from written w where w.id = any(changed)
    except
    select b.id, b.content, b.status, b.edited_at, b.deleted_at, b.reply_to, b.author_id from before b
  ) c;
  if changed is not null then
    perform chat.lock_channels_of(changed, true);
    update message m set seq = t.seq from chat.take_seqs(changed) t where m.id = t.message_id;
  end if;
  return null;
end
$$;
comment on function chat.changed_messages_take_seqs() is
  'Statement trigger of message: gives messages that plain SQL has changed their channel''s next seqs. The functions that change many messages have taken theirs before (chat.take_seqs) and cost nothing here.';

create or replace trigger message_10_update_takes_seq
  after update on chat.message
  referencing new table as written old table as before
  for each statement
  execute function chat.changed_messages_take_seqs();

create or replace function chat.refuse_to_move_message()
returns trigger
language plpgsql
set search_path = chat, pg_temp
as $$
begin
  raise exception 'Message % keeps its channel and its position: browsers know it by them.', old.id
    using errcode = 'HF409', detail = 'Post its text to the other channel anew: select chat.post(''general'', ''mira'', ''...'');';
end
$$;
comment on function chat.refuse_to_move_message() is
  'Refuses to move a message to another channel or place. A row trigger, because a statement that names these columns need not change them. Its seq would be one of the old channel''s: where the new one comes to the same, whatever is written there would be refused.';

create or replace trigger message_05_stays_where_it_is
  before update of channel_id, position on chat.message
  for each row
  when (old.channel_id <> new.channel_id or old.position <> new.position)
  execute function chat.refuse_to_move_message();

create or replace function chat.new_message_id()
returns uuid
language sql
volatile
as $$
  select (lpad(to_hex(now.micros / 1000), 12, '0')
    || '7' || lpad(to_hex(now.micros % 1000 * 4096 / 1000), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
  from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as micros) now
$$;
comment on function chat.new_message_id() is
  'An id that grows with the time to the microsecond (UUID version 7): entries of new messages and their chunks are added at the end of an index, which logs less than splitting its pages.';
