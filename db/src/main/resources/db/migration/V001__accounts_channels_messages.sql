-- Roles are shared by a whole cluster: make each once, and go on without them where the owner may not create roles.
-- What they may do is in R__95_grants.sql.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['holdfast_web', 'holdfast_worker', 'holdfast_ops', 'holdfast_readonly'] loop
    begin
      execute format('create role %I nologin', role_name);
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        raise notice 'role % was not created: % may not create roles; ask the server''s administrator', role_name, current_user;
    end;
    begin
      execute format('grant %I to current_user', role_name);
    exception when others then
      raise notice 'role % was not granted to %: %', role_name, current_user, sqlerrm;
    end;
  end loop;
end
$$;


create table chat.account (
  id uuid not null default gen_random_uuid(),
  handle text not null,
  display_name text not null,
  kind text not null default 'human',
  role text not null default 'member',
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  constraint account_pkey primary key (id),
  constraint account_handle_is_unique unique (handle),
  constraint account_handle_is_lower_case_letters_digits_dashes check (handle ~ '^[a-z0-9]([a-z0-9_-]{0,30}[a-z0-9])?$'),
  constraint account_display_name_has_1_to_80_characters check (length(display_name) between 1 and 80),
  constraint account_kind_is_known check (kind in ('human', 'agent')),
  constraint account_role_is_known check (role in ('member', 'operator', 'administrator')),
  constraint account_agents_are_members check (kind = 'human' or role = 'member')
);
comment on table chat.account is 'Every participant, human or agent, in one namespace of handles.';

create table chat.credential (
  account_id uuid not null,
  password_hash text not null,
  changed_at timestamptz not null default now(),
  constraint credential_pkey primary key (account_id),
  constraint credential_account_exists foreign key (account_id) references chat.account on delete cascade
);
comment on table chat.credential is 'Password hashes (Argon2id), apart from the accounts so that only the web may read them.';

create table chat.agent (
  account_id uuid not null,
  provider text not null,
  model text not null,
  system_prompt text not null default '',
  options jsonb not null default '{}',
  max_concurrency integer,
  paused boolean not null default false,
  answers_agents boolean not null default false,
  first_token_limit interval not null default '60 seconds',
  idle_limit interval not null default '60 seconds',
  total_limit interval not null default '15 minutes',
  version bigint not null default 1,
  constraint agent_pkey primary key (account_id),
  constraint agent_account_exists foreign key (account_id) references chat.account on delete cascade,
  constraint agent_provider_is_known check (provider in ('openai', 'anthropic', 'ollama', 'guide')),
  constraint agent_model_is_named check (length(model) between 1 and 200),
  constraint agent_options_are_an_object check (jsonb_typeof(options) = 'object'),
  constraint agent_max_concurrency_is_positive check (max_concurrency > 0),
  constraint agent_limits_are_positive check (first_token_limit > interval '0' and idle_limit > interval '0' and total_limit > interval '0')
);
comment on table chat.agent is 'The model side of an account of kind agent. max_concurrency null: no limit. version rises with every change.';

create table chat.channel (
  id uuid not null default gen_random_uuid(),
  name text not null,
  kind text not null default 'public',
  seq bigint not null default 0,
  created_at timestamptz not null default now(),
  created_by uuid,
  constraint channel_pkey primary key (id),
  constraint channel_name_has_1_to_80_characters check (length(name) between 1 and 80),
  constraint channel_kind_is_known check (kind in ('public', 'private', 'direct')),
  constraint channel_seq_is_not_negative check (seq >= 0),
  constraint channel_creator_exists foreign key (created_by) references chat.account
) with (fillfactor = 50);
comment on table chat.channel is 'Public and private channels and direct messages. seq: the number of changes of its messages so far, dense, taken under this row''s lock, so commit order is seq order.';
create unique index channel_name_is_unique on chat.channel (name) where kind <> 'direct';
comment on index chat.channel_name_is_unique is 'A channel is found by its name; a direct message''s name is made of its people and may repeat.';

create table chat.membership (
  channel_id uuid not null,
  account_id uuid not null,
  role text not null default 'member',
  last_read_seq bigint not null default 0,
  joined_at timestamptz not null default now(),
  constraint membership_pkey primary key (channel_id, account_id),
  constraint membership_channel_exists foreign key (channel_id) references chat.channel on delete cascade,
  constraint membership_account_exists foreign key (account_id) references chat.account on delete cascade,
  constraint membership_role_is_known check (role in ('owner', 'member'))
) with (fillfactor = 80);
comment on table chat.membership is 'Who is in which channel, and up to which seq the account has read it.';
create index membership_of_account on chat.membership (account_id);
comment on index chat.membership_of_account is 'Serves: the channels of one account.';

create table chat.message (
  id uuid not null default gen_random_uuid(),
  channel_id uuid not null,
  author_id uuid not null,
  content text not null,
  status text not null default 'complete',
  seq bigint not null,
  position bigint not null,
  reply_to uuid,
  text_fence bigint,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  deleted_at timestamptz,
  constraint message_pkey primary key (id),
  constraint message_seq_is_unique_in_channel unique (channel_id, seq),
  constraint message_position_is_unique_in_channel unique (channel_id, position),
  constraint message_position_is_at_most_seq check (position between 1 and seq),
  constraint message_channel_exists foreign key (channel_id) references chat.channel,
  constraint message_author_exists foreign key (author_id) references chat.account,
  constraint message_reply_to_exists foreign key (reply_to) references chat.message,
  constraint message_status_is_known check (status in ('complete', 'queued', 'thinking', 'streaming', 'stopped', 'failed')),
  constraint message_deleted_has_no_text check (deleted_at is null or content = '')
) with (fillfactor = 90);
comment on table chat.message is 'What was written. seq: the channel''s seq at the last change. position: the seq at which the message was inserted; it never changes and gives the order on the page. text_fence: the fence under which the text of an agent''s reply was written.';
create index message_unfinished on chat.message (channel_id) where status in ('queued', 'thinking', 'streaming');
comment on index chat.message_unfinished is 'Serves: the running replies of a channel (chat.channel_changes, chat.changes).';

create table chat.mention (
  message_id uuid not null,
  account_id uuid not null,
  constraint mention_pkey primary key (message_id, account_id),
  constraint mention_message_exists foreign key (message_id) references chat.message on delete cascade,
  constraint mention_account_exists foreign key (account_id) references chat.account on delete cascade
);
comment on table chat.mention is 'Who is mentioned in which message; written by trigger from the text, whoever inserted the message.';
