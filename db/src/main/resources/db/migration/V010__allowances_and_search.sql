-- What a crash forgets here costs nobody anything: not logged, so taking an allowance never waits for a disk.
create unlogged table chat.allowance (
  key text not null,
  spent_until timestamptz not null,
  constraint allowance_pkey primary key (key),
  constraint allowance_key_has_1_to_200_characters check (length(key) between 1 and 200)
) with (fillfactor = 50);
comment on table chat.allowance is 'Limits that hold across nodes (GCRA): until when what was taken under this key is paid off.';
create index allowance_spent_until on chat.allowance (spent_until);
comment on index chat.allowance_spent_until is 'Serves: chat.take_allowance, which forgets what is paid off.';

-- the configuration "simple" knows no language, so it serves all of them; running replies have no text here yet
create index message_words on chat.message using gin (to_tsvector('simple', content))
  where deleted_at is null and status in ('complete', 'stopped', 'failed');
comment on index chat.message_words is 'Serves: chat.search.';
