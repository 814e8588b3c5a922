-- Spring Session's own shape (it names the columns), under our names.
create table chat.session (
  primary_id char(36) not null,
  session_id char(36) not null,
  creation_time bigint not null,
  last_access_time bigint not null,
  max_inactive_interval integer not null,
  expiry_time bigint not null,
  principal_name varchar(100),
  constraint session_pkey primary key (primary_id)
);
comment on table chat.session is 'Sign-in sessions (Spring Session JDBC). principal_name: the account''s id.';
create unique index session_session_id_is_unique on chat.session (session_id);
create index session_expiry on chat.session (expiry_time);
create index session_of_principal on chat.session (principal_name);

create table chat.session_attributes (
  session_primary_id char(36) not null,
  attribute_name varchar(200) not null,
  attribute_bytes bytea not null,
  constraint session_attributes_pkey primary key (session_primary_id, attribute_name),
  constraint session_attributes_session_exists foreign key (session_primary_id) references chat.session (primary_id) on delete cascade
);
comment on table chat.session_attributes is 'What a sign-in session holds (Spring Session JDBC).';

create table chat.invite (
  id uuid not null default gen_random_uuid(),
  code_hash bytea not null,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  max_uses integer not null default 1,
  uses integer not null default 0,
  revoked_at timestamptz,
  constraint invite_pkey primary key (id),
  constraint invite_code_hash_is_unique unique (code_hash),
  constraint invite_code_hash_is_sha256 check (octet_length(code_hash) = 32),
  constraint invite_creator_exists foreign key (created_by) references chat.account,
  constraint invite_max_uses_is_positive check (max_uses > 0),
  constraint invite_uses_within_max check (uses between 0 and max_uses)
);
comment on table chat.invite is 'Invitations; only the SHA-256 of a code is kept.';

create table chat.audit (
  id bigint not null generated always as identity,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}',
  constraint audit_pkey primary key (id)
);
comment on table chat.audit is 'What administrators did: actor is a handle, or a database user for SQL.';
create index audit_at on chat.audit (at);
comment on index chat.audit_at is 'Serves: ops.audit, newest first.';
