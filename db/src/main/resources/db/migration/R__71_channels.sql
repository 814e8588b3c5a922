-- Channels and who is in them.

create or replace function chat.my_channel(channel uuid, account uuid)
returns uuid
language plpgsql
stable
security definer
set search_path = chat, pg_temp
as $$
begin
  perform chat.require_member(channel, account);
  return channel;
end
$$;
comment on function chat.my_channel(uuid, uuid) is 'The channel''s id for a member, so that one statement asks and reads; otherwise HF404.';

create or replace function chat.require_room(accounts uuid[], direct boolean)
returns void
language plpgsql
stable
security definer
set search_path = chat, pg_temp
as $$
declare
  full_one text;
begin
  select a.handle into full_one
  from account a
  where a.id = any(accounts) and a.kind = 'human'
    and (
      select count(*)
      from membership m
      join channel c on c.id = m.channel_id
      where m.account_id = a.id and (c.kind = 'direct') = direct
        -- nobody leaves a direct message: those that others open must not use up one's own
        and (not direct or c.created_by = a.id)) >= 1000
  limit 1;
  if full_one is not null and direct then
    raise exception '@% has opened 1000 direct messages, and nobody may open more.', full_one
      using errcode = 'HF409', detail = 'Write in one that is there already, or make a private channel instead.';
  elsif full_one is not null then
    raise exception '@% is in 1000 channels, and nobody may be in more.', full_one
      using errcode = 'HF409', detail = format('Let @%s leave one first.', full_one);
  end if;
end
$$;
comment on function chat.require_room(uuid[], boolean) is
  'Raises HF409 where one of these people is in as many channels (or has opened as many direct messages) as anybody may: the feed sends all of them every 15 s. Not counted to the last one: calls at the same moment may pass together. Agents have no feed and no bound.';

create or replace function chat.make_channel(maker uuid, name text, kind text)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
#variable_conflict use_column
declare
  made uuid;
begin
  perform chat.require_room(array[maker], false);
  insert into channel (name, kind, created_by)
  values (make_channel.name, make_channel.kind, maker)
  on conflict (name) where kind <> 'direct' do nothing
  returning id into made;
  if made is null then
    raise exception 'The channel name #% is taken.', make_channel.name
      using errcode = 'HF409', detail = 'Choose another one; the channel may be a private one that you are not in.';
  end if;
  insert into membership (channel_id, account_id, role) values (made, maker, 'owner');
  return made;
end
$$;
comment on function chat.make_channel(uuid, text, text) is 'A public or private channel, owned by its maker. The name''s rules are the caller''s.';

create or replace function chat.open_direct(opener uuid, handles text[])
returns table (channel_id uuid, created boolean)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  people uuid[];
  unknown text;
  title text;
begin
  select h into unknown from unnest(handles) as h
  where not exists (select from account a where a.handle = lower(h) and a.disabled_at is null)
  limit 1;
  if unknown is not null then
    raise exception 'There is nobody called @%.', unknown
      using errcode = 'HF404', detail = 'GET /api/accounts?prefix= finds people and agents.';
  end if;
  select array_agg(a.id order by a.id), string_agg(a.handle, ', ' order by a.handle)
  into people, title
  from account a
  where a.id = opener or a.handle in (select lower(h) from unnest(handles) as h);
  if cardinality(people) > 9 then
    raise exception 'A direct message has at most 9 people; this one would have %.', cardinality(people)
      using errcode = 'HF422', detail = 'Make a private channel instead.';
  end if;
  -- two people who open the same conversation at once get one
  perform pg_advisory_xact_lock(hashtext('chat.open_direct ' || array_to_string(people, ' ')));
  select c.id into channel_id
  from channel c
  join membership mine on mine.channel_id = c.id and mine.account_id = opener
  where c.kind = 'direct'
    and (select array_agg(m.account_id order by m.account_id) from membership m where m.channel_id = c.id) = people
  limit 1;
  created := channel_id is null;
  if created then
    perform chat.require_room(array[opener], true);
    insert into channel (name, kind, created_by) values (left(title, 80), 'direct', opener) returning id into channel_id;
    insert into membership (channel_id, account_id) select open_direct.channel_id, p from unnest(people) as p;
  end if;
  return next;
end
$$;
comment on function chat.open_direct(uuid, text[]) is 'The conversation of exactly these people and the opener; made if there is none.';

create or replace function chat.join_channel(channel uuid, joiner uuid)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  if exists (select from membership m where m.channel_id = channel and m.account_id = joiner) then
    return;
  end if;
  perform chat.require_room(array[joiner], false);
  insert into membership (channel_id, account_id, last_read_seq)
  select c.id, joiner, c.seq from channel c where c.id = channel and c.kind = 'public'
  on conflict do nothing;
  -- looked for again: who has joined from another device meanwhile is in, too
  if not found and not exists (select from membership m where m.channel_id = channel and m.account_id = joiner) then
    raise exception 'There is no public channel %.', channel
      using errcode = 'HF404', detail = 'GET /api/channels/public lists those that you may join; to a private one a member adds you.';
  end if;
end
$$;
comment on function chat.join_channel(uuid, uuid) is 'Joins a public channel; who is in stays in.';

create or replace function chat.is_abandoned(channel uuid)
returns boolean
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select exists (select from channel c where c.id = is_abandoned.channel and c.kind = 'private')
    and not exists (
      select from membership m join account a on a.id = m.account_id
      where m.channel_id = is_abandoned.channel and a.kind = 'human' and a.disabled_at is null)
$$;
comment on function chat.is_abandoned(uuid) is 'Whether it is a private channel that nobody can read or add anybody to: of its members none is a person whose account is enabled.';

create or replace function chat.replace_owners(channels uuid[])
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  update membership m set role = 'owner'
  from (
    select distinct on (n.channel_id) n.channel_id, n.account_id
    from membership n
    join account a on a.id = n.account_id and a.kind = 'human' and a.disabled_at is null
    where n.channel_id = any(channels)
      and not exists (
        select from membership o
        join account b on b.id = o.account_id and b.kind = 'human' and b.disabled_at is null
        where o.channel_id = n.channel_id and o.role = 'owner')
    order by n.channel_id, n.joined_at, n.account_id
  ) as longest
  where m.channel_id = longest.channel_id and m.account_id = longest.account_id
$$;
comment on function chat.replace_owners(uuid[]) is
  'Internal: where no person is left as an owner whose account is enabled, the longest member becomes one. The caller holds the channels.';

create or replace function chat.add_member(channel uuid, adder uuid, handle text)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  added uuid;
begin
  select a.id into added from account a where a.handle = lower(add_member.handle) and a.disabled_at is null;
  if added is null then
    raise exception 'There is nobody called @%.', add_member.handle
      using errcode = 'HF404', detail = 'GET /api/accounts?prefix= finds people and agents.';
  end if;
  if chat.is_abandoned(channel)
    and exists (select from account a where a.id = adder and a.role = 'administrator' and a.disabled_at is null)
    and exists (select from account a where a.id = added and a.kind = 'human') then
    perform chat.require_room(array[added], false);
    insert into membership (channel_id, account_id, role, last_read_seq)
    select c.id, added, 'owner', c.seq from channel c where c.id = channel
    on conflict do nothing;
    insert into audit (actor, action, subject, detail)
    select a.handle, 'add_member', 'channel ' || c.name, jsonb_build_object('member', lower(add_member.handle))
    from account a, channel c
    where a.id = adder and c.id = channel;
    return;
  end if;
  if added = adder then
    perform chat.join_channel(channel, adder);
    return;
  end if;
  perform chat.require_member(channel, adder);
  if exists (select from channel c where c.id = channel and c.kind = 'direct') then
    raise exception 'A direct message keeps its people.'
      using errcode = 'HF409', detail = 'Open another one with the people you want, or make a private channel.';
  end if;
  if exists (select from membership m where m.channel_id = channel and m.account_id = added) then
    return;
  end if;
  perform chat.require_room(array[added], false);
  insert into membership (channel_id, account_id, last_read_seq)
  select c.id, added, c.seq from channel c where c.id = channel
  on conflict do nothing;
end
$$;
comment on function chat.add_member(uuid, uuid, text) is 'Any member adds others; oneself one adds to public channels. To a private one that has nobody left an administrator adds a person, who then owns it.';

create or replace function chat.remove_member(channel uuid, remover uuid, handle text)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  removed uuid;
begin
  perform chat.require_member(channel, remover);
  -- whoever leaves holds the channel, so that two last owners cannot leave at once
  if exists (select from channel c where c.id = channel and c.kind = 'direct' for no key update) then
    raise exception 'A direct message keeps its people.'
      using errcode = 'HF409', detail = 'Open another one with the people you want.';
  end if;
  perform 1 from channel c where c.id = channel for no key update;
  select a.id into removed
  from account a
  join membership m on m.account_id = a.id and m.channel_id = channel
  where a.handle = lower(remove_member.handle);
  if removed is null then
    raise exception '@% is not a member of this channel.', remove_member.handle
      using errcode = 'HF404', detail = format('GET /api/channels/%s/members lists the members.', channel);
  end if;
  if removed <> remover and not exists (
    select from membership m
    join account a on a.id = m.account_id
    where m.channel_id = channel and m.account_id = remover and (m.role = 'owner' or a.role = 'administrator')
  ) then
    raise exception 'Only an owner of the channel may remove @%.', remove_member.handle
      using errcode = 'HF403', detail = 'Ask one of its owners.';
  end if;
  delete from membership m where m.channel_id = channel and m.account_id = removed;
  if chat.is_abandoned(channel) then
    raise exception 'Nobody would be left who can read this channel.'
      using errcode = 'HF409', detail = 'Add somebody who stays in it first; agents don''t count.';
  end if;
  if removed <> remover then
    insert into audit (actor, action, subject, detail)
    select a.handle, 'remove_member', 'channel ' || c.name, jsonb_build_object('member', lower(remove_member.handle))
    from account a, channel c
    where a.id = remover and a.role = 'administrator' and c.id = channel;
  end if;
  perform chat.replace_owners(array[channel]);
end
$$;
comment on function chat.remove_member(uuid, uuid, text) is 'Leaves, or as an owner removes; when the last owner goes, the longest member becomes one. The last person stays in a private channel.';

create or replace function chat.rename_channel(channel uuid, renamer uuid, name text)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform chat.require_member(channel, renamer);
  if not exists (
    select from membership m
    join account a on a.id = m.account_id
    join channel c on c.id = m.channel_id and c.kind <> 'direct'
    where m.channel_id = channel and m.account_id = renamer and (m.role = 'owner' or a.role = 'administrator')
  ) then
    raise exception 'Only an owner of the channel may rename it.'
      using errcode = 'HF403', detail = 'Ask one of its owners.';
  end if;
  insert into audit (actor, action, subject, detail)
  select a.handle, 'rename_channel', 'channel ' || c.name, jsonb_build_object('name', rename_channel.name)
  from account a, channel c
  where a.id = renamer and a.role = 'administrator' and c.id = channel;
  begin
    update channel c set name = rename_channel.name where c.id = channel;
  exception when unique_violation then
    raise exception 'The channel name #% is taken.', rename_channel.name
      using errcode = 'HF409', detail = 'Choose another one.';
  end;
  perform pg_notify('account_changed', m.account_id::text) from membership m where m.channel_id = channel;
end
$$;
comment on function chat.rename_channel(uuid, uuid, text) is 'Another name; every member''s browsers are told.';

create or replace function chat.mark_read(channel uuid, reader uuid, seq bigint)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform chat.require_member(channel, reader);
  -- forward only: of two devices, the one that has read further is right
  update membership m set last_read_seq = least(mark_read.seq, c.seq)
  from channel c
  where c.id = channel and m.channel_id = c.id and m.account_id = reader
    and m.last_read_seq < least(mark_read.seq, c.seq);
end
$$;
comment on function chat.mark_read(uuid, uuid, bigint) is 'The person has read up to this seq; never back, never beyond the channel''s.';
