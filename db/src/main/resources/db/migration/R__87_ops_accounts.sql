-- Lost passwords.

create or replace function ops.reset_password(handle text)
returns table (account text, link text, valid_until timestamptz)
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
declare
  person account;
  -- 122 random bits, written as those of an invitation
  code text := translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_');
begin
  select * into person from account a
  where a.handle = lower(ltrim(reset_password.handle, '@')) and a.kind = 'human';
  if person.disabled_at is not null then
    raise exception 'The account of @% is closed.', person.handle
      using errcode = 'HF409', detail = 'An administrator opens it again on the page /people.';
  end if;
  update credential c
  set reset_hash = sha256(convert_to(code, 'UTF8')), reset_until = now() + interval '1 day'
  where c.account_id = person.id
  returning c.reset_until into valid_until;
  if valid_until is null then
    raise exception 'There is no person "%" with a password.', reset_password.handle
      using errcode = 'HF404', detail = 'Handles are in select handle from chat.account where kind = ''human''.';
  end if;
  perform ops.write_audit('reset_password', array['account ' || person.handle], array[jsonb_build_object('valid_until', valid_until)]);
  return query select person.handle, '/reset#' || code, valid_until;
end
$$;
comment on function ops.reset_password(text) is
  'A link for somebody who lost the password, to be sent with the page''s address in front: once, and for a day, a new password can be chosen there, which ends
all sessions of that person. The old password is good until then: select * from ops.reset_password(''mira'').';
