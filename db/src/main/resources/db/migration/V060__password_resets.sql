-- Somebody lost a password: a one-time code, of which only the SHA-256 is kept, beside the password that it replaces.
alter table chat.credential
  add column reset_hash bytea,
  add column reset_until timestamptz,
  add constraint credential_reset_hash_is_unique unique (reset_hash),
  add constraint credential_reset_hash_is_sha256 check (octet_length(reset_hash) = 32),
  add constraint credential_reset_has_an_end check ((reset_hash is null) = (reset_until is null));
comment on column chat.credential.reset_hash is 'Of the code with which its person may choose a new password until reset_until; null where none is open.';
