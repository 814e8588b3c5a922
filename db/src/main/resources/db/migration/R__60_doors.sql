-- The doors that people use: web and psql alike. Each checks, changes and returns the message, or raises a sentence.
-- Its remedy is the DETAIL, not a HINT, because the web's driver passes on no HINT.

create or replace function chat.is_member(channel uuid, account uuid)
returns boolean
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select exists (
    select from membership s join account a on a.id = s.account_id
    where s.channel_id = is_member.channel and s.account_id = is_member.account and a.disabled_at is null)
$$;
comment on function chat.is_member(uuid, uuid) is 'Whether the account may read and write the channel: the one place that says so.';

create or replace function chat.require_member(channel uuid, account uuid)
returns void
language plpgsql
stable
security definer
set search_path = chat, pg_temp
as $$
begin
  if not chat.is_member(channel, account) then
    raise exception 'You are in no channel %.', channel
      using errcode = 'HF404', detail = 'Open a channel from the list, or ask one of its members to add you.';
  end if;
end
$$;
comment on function chat.require_member(uuid, uuid) is 'Raises HF404 unless the account is a member; a channel that does not exist and one that may not be seen look alike.';

create or replace function chat.require_content(content text)
returns void
language plpgsql
immutable
set search_path = chat, pg_temp
as $$
begin
  if content is null or content ~ '^\s*$' then
    raise exception 'The message is empty.'
      using errcode = 'HF422', detail = 'Write something first.';
  end if;
  if octet_length(content) > 65536 then
    raise exception 'The message has % bytes; the limit is 65536 bytes (64 kB).', octet_length(content)
      using errcode = 'HF422', detail = 'Shorten it, or split it into several messages.';
  end if;
end
$$;
comment on function chat.require_content(text) is 'Raises HF422 for an empty message or one over 65,536 bytes.';

create or replace function chat.write_message(id uuid, channel uuid, author uuid, content text, reply_to uuid)
returns boolean
language plpgsql
as $$
declare
  m chat.message;
  violated text;
begin
  if id is null then
    raise exception 'The message has no id.' using errcode = 'HF422', detail = 'Make a random UUID for each message, once.';
  end if;
  -- the lock first: of parallel repeats one inserts and the others find it, and who is removed meanwhile writes nothing
  perform 1 from chat.channel c where c.id = channel for no key update;
  perform chat.require_member(channel, author);
  select * into m from chat.message x where x.id = write_message.id;
  if found then
    if m.channel_id <> channel or m.author_id <> author then
      raise exception 'The message id % is taken by another message.', id
        using errcode = 'HF409', detail = 'Send it again under a new random id.';
    end if;
    return false;
  end if;
  perform chat.require_content(content);
  if reply_to is not null and not exists (select from chat.message x where x.id = write_message.reply_to and x.channel_id = channel) then
    raise exception 'The message % that this one replies to is not in this channel.', reply_to
      using errcode = 'HF422', detail = 'Reply to a message of the same channel, or leave replyTo out.';
  end if;
  begin
    insert into chat.message (id, channel_id, author_id, content, reply_to)
    values (write_message.id, channel, author, write_message.content, write_message.reply_to);
  exception when unique_violation then
    get stacked diagnostics violated = constraint_name;
    if violated <> 'message_pkey' then
      raise; -- whoever resends under a new id, as that refusal says, would be refused for ever
    end if;
    raise exception 'The message id % is taken by another message.', id
      using errcode = 'HF409', detail = 'Send it again under a new random id.';
  end;
  return true;
end
$$;
comment on function chat.write_message(uuid, uuid, uuid, text, uuid) is
  'What the doors for posting have in common: writes the message unless it is there already. Returns whether it wrote it. HF404 not a member, HF409 id taken, HF422 no id, empty, over 64 kB, or a reply to another channel.';

create or replace function chat.post_message(id uuid, channel uuid, author uuid, content text, reply_to uuid)
returns table (created boolean, message json)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  written boolean := chat.write_message(id, channel, author, content, reply_to);
begin
  return query select written, chat.message_json(m) from chat.message m where m.id = post_message.id;
end
$$;
comment on function chat.post_message(uuid, uuid, uuid, text, uuid) is
  'Posts a message under an id that the client made. The same id again returns the same message and created false. Refuses as chat.write_message does.';

create or replace function chat.post(channel text, handle text, content text)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  channel_id uuid;
  author_id uuid;
  message_id uuid := chat.new_message_id();
begin
  select c.id into channel_id from chat.channel c where c.name = ltrim(post.channel, '#') and c.kind <> 'direct';
  if channel_id is null then
    raise exception 'There is no channel "%".', post.channel
      using errcode = 'HF404', hint = 'select name from chat.channel lists the channels.';
  end if;
  select a.id into author_id from chat.account a where a.handle = lower(ltrim(post.handle, '@')) and a.disabled_at is null;
  if author_id is null then
    raise exception 'There is no account "%".', post.handle
      using errcode = 'HF404', hint = 'select handle from chat.account lists the accounts.';
  end if;
  if not chat.is_member(channel_id, author_id) then
    raise exception '% is not a member of %.', post.handle, post.channel
      using errcode = 'HF403', hint = 'Add the account to the channel first: insert into chat.membership (channel_id, account_id) values (''' || channel_id || ''', ''' || author_id || ''');';
  end if;
  perform chat.write_message(message_id, channel_id, author_id, content, null);
  return message_id;
end
$$;
comment on function chat.post(text, text, text) is
  'Posts a message as somebody, for any SQL writer: select chat.post(''general'', ''mira'', ''good morning @guide''). Returns the message''s id.';

create or replace function chat.own_message(message uuid, account uuid)
returns chat.message
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  m chat.message;
begin
  perform chat.lock_channels_of(array[message], true);
  select * into m from chat.message x where x.id = own_message.message;
  if not found or not chat.is_member(m.channel_id, account) then
    raise exception 'There is no message % that you may see.', message
      using errcode = 'HF404', detail = 'It may have been in a channel that you left.';
  end if;
  return m;
end
$$;
comment on function chat.own_message(uuid, uuid) is 'The message, its channel locked, for a member of the channel; else HF404.';

create or replace function chat.edit_message(message uuid, account uuid, content text)
returns json
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  m chat.message := chat.own_message(message, account);
begin
  if m.author_id <> account then
    raise exception 'Only its author may edit a message.' using errcode = 'HF403', detail = 'Write a message of your own.';
  end if;
  if m.deleted_at is not null then
    raise exception 'The message was deleted.' using errcode = 'HF409', detail = 'Post it again as a new message.';
  end if;
  perform chat.require_content(content);
  update chat.message x set content = edit_message.content, edited_at = now()
  where x.id = m.id and x.content <> edit_message.content;
  return (select chat.message_json(x) from chat.message x where x.id = m.id);
end
$$;
comment on function chat.edit_message(uuid, uuid, text) is
  'Changes one''s own message; the same text changes nothing. A mention that is added summons its agent. HF403 not the author, HF404, HF409 deleted, HF422.';

create or replace function chat.delete_message(message uuid, account uuid)
returns json
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  m chat.message := chat.own_message(message, account);
  allowed boolean;
begin
  -- an agent's reply may be deleted by whoever asked for it
  select m.author_id = delete_message.account
      or exists (select from chat.account a where a.id = delete_message.account and a.role = 'administrator')
      or exists (select from generation g where g.message_id = m.id and g.person_id = delete_message.account)
    into allowed;
  if not allowed then
    raise exception 'Only its author or an administrator may delete a message.'
      using errcode = 'HF403', detail = 'Ask its author, or an administrator.';
  end if;
  perform chat.cancel(g.id) from generation g where g.message_id = m.id and g.state in ('queued', 'running');
  update chat.message x set content = '', deleted_at = now() where x.id = m.id and x.deleted_at is null;
  if found and m.author_id <> account then
    insert into audit (actor, action, subject, detail)
    select a.handle, 'delete_message', 'message ' || m.id, jsonb_build_object('author', t.handle, 'channel', c.name)
    from account a, account t, channel c
    where a.id = delete_message.account and a.role = 'administrator' and t.id = m.author_id and c.id = m.channel_id;
  end if;
  return (select chat.message_json(x) from chat.message x where x.id = m.id);
end
$$;
comment on function chat.delete_message(uuid, uuid) is
  'Leaves a tombstone without text; a running reply is cancelled first. Again changes nothing. HF403, HF404.';

-- of an earlier shape; a web process of the release before goes on to name two arguments
drop function if exists chat.stop(uuid, uuid), chat.retry(uuid, uuid);

create or replace function chat.stop(message uuid, account uuid, queued_at timestamptz default null)
returns json
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  m chat.message := chat.own_message(message, account);
begin
  if not exists (select from generation g where g.message_id = m.id) then
    raise exception 'The message is not an agent''s reply; there is nothing to stop.'
      using errcode = 'HF409', detail = 'Stop works on a reply that is queued, thinking or streaming.';
  end if;
  perform chat.cancel(g.id) from generation g where g.message_id = m.id and g.queued_at = coalesce(stop.queued_at, g.queued_at);
  return (select chat.message_json(x) from chat.message x where x.id = m.id);
end
$$;
comment on function chat.stop(uuid, uuid, timestamptz) is
  'Any member stops a reply; its text so far stays. One that has ended already is left as it is, and so is one that was queued at another time than the caller saw: it has been retried since. HF404, HF409 not a reply.';

create or replace function chat.retry(message uuid, account uuid, queued_at timestamptz default null)
returns json
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  m chat.message := chat.own_message(message, account);
  g chat.generation;
begin
  select * into g from generation x where x.message_id = m.id for no key update;
  if not found then
    raise exception 'The message is not an agent''s reply; there is nothing to retry.'
      using errcode = 'HF409', detail = 'Retry works on a reply that has ended.';
  end if;
  if g.queued_at <> retry.queued_at then
    return chat.message_json(m);
  end if;
  if m.deleted_at is not null then
    raise exception 'The reply was deleted.' using errcode = 'HF409', detail = 'Ask again with a new message.';
  end if;
  if g.state = 'running' and g.lease_until >= now() then
    raise exception 'The reply is being written right now.' using errcode = 'HF409', detail = 'Stop it first, then retry.';
  end if;
  if g.state not in ('queued', 'running') and exists (select from account a where a.id = g.agent_id and a.disabled_at is not null) then
    raise exception '@% is disabled.', (select a.handle from account a where a.id = g.agent_id)
      using errcode = 'HF409', detail = 'Ask an administrator to enable it, then retry.';
  end if;
  if g.state <> 'queued' or g.run_at > now() or g.attempt > 0 then
    perform chat.requeue(array[g.id], 0);
  end if;
  return (select chat.message_json(x) from chat.message x where x.id = m.id);
end
$$;
comment on function chat.retry(uuid, uuid, timestamptz) is
  'Any member runs a reply again; the old text stays until the first new text replaces it. One that was queued at another time than the caller saw has been retried since, and is left as it is. HF404, HF409 not a reply, running, deleted, or of an agent that is disabled.';
-- the function above called it until a moment ago
drop function if exists chat.retry(bigint, integer);
