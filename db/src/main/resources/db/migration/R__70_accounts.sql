-- Accounts, invitations and what administrators do to them.

create or replace function chat.make_person(handle text, display_name text, password_hash text, role text)
returns uuid
language plpgsql
set search_path = chat, pg_temp
as $$
declare
  made uuid;
begin
  if make_person.handle !~ '^[a-z0-9]([a-z0-9_-]{0,30}[a-z0-9])?$' then
    raise exception '"%" is not a handle.', make_person.handle
      using errcode = 'HF422', detail = 'A handle has 1 to 32 lower-case letters a to z, digits, "-" or "_", and begins and ends with a letter or digit.';
  end if;
  if length(make_person.display_name) not between 1 and 80 then
    raise exception 'A display name has 1 to 80 characters; this one has %.', length(make_person.display_name)
      using errcode = 'HF422', detail = 'Choose another one.';
  end if;
  insert into account (handle, display_name, kind, role)
  values (make_person.handle, make_person.display_name, 'human', make_person.role)
  on conflict on constraint account_handle_is_unique do nothing
  returning id into made;
  if made is null then
    raise exception 'The handle @% is taken.', make_person.handle
      using errcode = 'HF409', detail = 'Choose another one.';
  end if;
  insert into credential (account_id, password_hash) values (made, make_person.password_hash);
  -- #general, whatever it is called by now
  insert into membership (channel_id, account_id, last_read_seq)
  select c.id, made, c.seq
  from channel c
  where c.kind = 'public'
  order by c.created_at, c.id
  limit 1;
  return made;
end
$$;
comment on function chat.make_person(text, text, text, text) is 'Makes a human account, in the oldest public channel from the start, where everybody meets; in none if there is none.';

create or replace function chat.set_up(handle text, display_name text, password_hash text)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  made uuid;
begin
  perform pg_advisory_xact_lock(hashtext('chat.set_up'));
  if exists (select from account a where a.kind = 'human') then
    raise exception 'Holdfast is set up already.'
      using errcode = 'HF409', detail = 'Sign in, or ask an administrator for an invitation.';
  end if;
  made := chat.make_person(handle, display_name, password_hash, 'administrator');
  with general as (
    insert into channel (name, created_by) values ('general', made) on conflict (name) where kind <> 'direct' do nothing returning id
  )
  insert into membership (channel_id, account_id, role) select general.id, made, 'owner' from general;
  return made;
end
$$;
comment on function chat.set_up(text, text, text) is 'The first account, an administrator, and #general; refused once there is a human account.';

create or replace function chat.usable_invite(code_hash bytea)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  found_invite invite;
begin
  select * into found_invite from invite i where i.code_hash = usable_invite.code_hash for update;
  if found_invite.id is null then
    raise exception 'This invitation is not known here.'
      using errcode = 'HF404', detail = 'Copy its link whole, or ask for a new one.';
  elsif found_invite.revoked_at is not null then
    raise exception 'This invitation was revoked.' using errcode = 'HF409', detail = 'Ask for a new one.';
  elsif found_invite.expires_at <= now() then
    raise exception 'This invitation expired on %.', to_char(found_invite.expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
      using errcode = 'HF409', detail = 'Ask for a new one.';
  elsif found_invite.uses >= found_invite.max_uses then
    raise exception 'This invitation has been used up.' using errcode = 'HF409', detail = 'Ask for a new one.';
  end if;
  return found_invite.id;
end
$$;
comment on function chat.usable_invite(bytea) is 'The id of the invitation, locked until the end of the transaction; or a sentence that says why it cannot be used.';

create or replace function chat.join_by_invite(code_hash bytea, handle text, display_name text, password_hash text)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  used uuid := chat.usable_invite(code_hash);
begin
  update invite i set uses = i.uses + 1 where i.id = used;
  return chat.make_person(handle, display_name, password_hash, 'member');
end
$$;
comment on function chat.join_by_invite(bytea, text, text, text) is 'A new member, counted as one use of the invitation; a refused one is not counted.';

create or replace function chat.make_invite(administrator uuid, code_hash bytea, lifetime interval, max_uses integer)
returns uuid
language sql
security definer
set search_path = chat, pg_temp
as $$
  with made as (
    insert into invite (code_hash, created_by, expires_at, max_uses)
    values (make_invite.code_hash, administrator, now() + lifetime, make_invite.max_uses)
    returning id, expires_at
  ), audited as (
    insert into audit (actor, action, subject, detail)
    select a.handle, 'invite', 'invite ' || made.id, jsonb_build_object('expires_at', made.expires_at, 'max_uses', make_invite.max_uses)
    from made, account a
    where a.id = administrator
  )
  select id from made
$$;
comment on function chat.make_invite(uuid, bytea, interval, integer) is 'An invitation; the caller keeps its code, here is only the hash.';

create or replace function chat.revoke_invite(administrator uuid, invite uuid)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  update invite i set revoked_at = coalesce(i.revoked_at, now()) where i.id = revoke_invite.invite;
  if not found then
    raise exception 'There is no invitation %.', revoke_invite.invite
      using errcode = 'HF404', detail = 'GET /api/invites lists them.';
  end if;
  insert into audit (actor, action, subject)
  select a.handle, 'revoke_invite', 'invite ' || revoke_invite.invite from account a where a.id = administrator;
end
$$;
comment on function chat.revoke_invite(uuid, uuid) is 'Nobody joins by this invitation any more; done twice is done.';

create or replace function chat.change_person(administrator uuid, person uuid, role text, disabled boolean)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  was account;
  changed account;
begin
  -- one at a time, or two administrators could take the role from each other and leave none
  perform pg_advisory_xact_lock(hashtext('chat.change_person'));
  select * into was from account a where a.id = person;
  update account a
  set role = coalesce(change_person.role, a.role),
      disabled_at = case when disabled is null then a.disabled_at when disabled then coalesce(a.disabled_at, now()) end
  where a.id = person and a.kind = 'human'
  returning * into changed;
  if changed.id is null then
    raise exception 'There is no person with the id %.', person
      using errcode = 'HF404', detail = 'GET /api/accounts lists the accounts.';
  end if;
  if not exists (select from account a where a.role = 'administrator' and a.disabled_at is null) then
    raise exception '@% is the last administrator.', changed.handle
      using errcode = 'HF409', detail = 'Make somebody else an administrator first.';
  end if;
  if changed.disabled_at is not null or changed.role <> 'administrator' then
    -- nobody comes back by a link kept from before. Who made one is not stored: an administrator's end takes all
    update credential c set reset_hash = null, reset_until = null
    where c.reset_hash is not null
      and (c.account_id = person or was.role = 'administrator' and was.disabled_at is null);
    with revoked as (
      update invite i set revoked_at = now() where i.created_by = person and i.revoked_at is null returning i.id
    )
    insert into audit (actor, action, subject)
    select a.handle, 'revoke_invite', 'invite ' || revoked.id from revoked, account a where a.id = administrator;
  end if;
  if changed.disabled_at is not null then
    delete from session s where s.principal_name = person::text;
    -- as when its last owner leaves a channel, which is held here for the same reason
    perform 1 from channel c join membership m on m.channel_id = c.id and m.account_id = person and m.role = 'owner'
    order by c.id
    for no key update of c;
    perform chat.replace_owners(array(select m.channel_id from membership m where m.account_id = person and m.role = 'owner'));
  end if;
  insert into audit (actor, action, subject, detail)
  select a.handle, 'change_account', 'account ' || changed.handle,
    jsonb_strip_nulls(jsonb_build_object('role', change_person.role, 'disabled', disabled))
  from account a
  where a.id = administrator;
end
$$;
comment on function chat.change_person(uuid, uuid, text, boolean) is 'Changes a person''s role or disables the account, which ends its sessions and gives the channels that it alone owned to their longest members; null leaves as it is. Whoever is no administrator any more leaves no open invitation and no link for a new password behind. There is always an administrator.';

create or replace function chat.change_profile(person uuid, display_name text)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  if length(change_profile.display_name) not between 1 and 80 then
    raise exception 'A display name has 1 to 80 characters; this one has %.', length(change_profile.display_name)
      using errcode = 'HF422', detail = 'Choose another one.';
  end if;
  update account a set display_name = change_profile.display_name where a.id = person;
end
$$;
comment on function chat.change_profile(uuid, text) is 'A person''s own profile.';

create or replace function chat.change_password(person uuid, password_hash text)
returns void
language sql
security definer
set search_path = chat, pg_temp
as $$
  update credential c
  set password_hash = change_password.password_hash, changed_at = now(), reset_hash = null, reset_until = null
  where c.account_id = person
$$;
comment on function chat.change_password(uuid, text) is 'A new password; the caller has checked the old one. A link that was to replace the old one opens nothing any more.';

create or replace function chat.change_password(person uuid, checked_hash text, password_hash text, session text)
returns void
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  perform 1 from credential c
  where c.account_id = person and c.password_hash = change_password.checked_hash
  for no key update;
  if not found then
    raise exception 'The password was changed at the same time.'
      using errcode = 'HF409', detail = 'Sign in with the new one.';
  end if;
  perform chat.change_password(person, change_password.password_hash);
  delete from session s where s.principal_name = person::text and s.session_id <> change_password.session;
end
$$;
comment on function chat.change_password(uuid, text, text, text) is
  'A new password in place of the one that the caller has checked, if that still is the one; all sessions of the person end but the one that asks.';

create or replace function chat.usable_reset(code_hash bytea)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  found_reset record;
begin
  select c.account_id, c.reset_until, a.disabled_at into found_reset
  from credential c join account a on a.id = c.account_id
  where c.reset_hash = usable_reset.code_hash
  for update of c;
  if found_reset.account_id is null then
    raise exception 'This link is not known here.'
      using errcode = 'HF404', detail = 'Copy it whole. If it was used or taken back, or a newer one made, ask an administrator for a new one.';
  elsif found_reset.reset_until <= now() then
    raise exception 'This link expired on %.', to_char(found_reset.reset_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
      using errcode = 'HF409', detail = 'Ask an administrator for a new one.';
  elsif found_reset.disabled_at is not null then
    raise exception 'This account is closed.' using errcode = 'HF409', detail = 'Ask an administrator to open it again.';
  end if;
  return found_reset.account_id;
end
$$;
comment on function chat.usable_reset(bytea) is 'Whose password the code may replace, locked until the end of the transaction; or a sentence that says why it cannot be used.';

create or replace function chat.reset_password(code_hash bytea, password_hash text)
returns uuid
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  person uuid := chat.usable_reset(code_hash);
begin
  perform chat.change_password(person, password_hash);
  delete from session s where s.principal_name = person::text;
  insert into audit (actor, action, subject)
  select a.handle, 'choose_password', 'account ' || a.handle from account a where a.id = person;
  return person;
end
$$;
comment on function chat.reset_password(bytea, text) is 'A new password by a code of ops.reset_password, which is used by that; all sessions of the person end.';
