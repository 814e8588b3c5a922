-- Made from the catalogs of a migrated database; to renew it: ./mvnw -pl db test -Dtest=SchemaDumpTest -Dschema.write=true

table chat.account
  -- Every participant, human or agent, in one namespace of handles.
  id uuid not null default gen_random_uuid()
  handle text not null
  display_name text not null
  kind text not null default 'human'::text
  role text not null default 'member'::text
  created_at timestamp with time zone not null default now()
  disabled_at timestamp with time zone
  constraint account_pkey PRIMARY KEY (id)
  constraint account_handle_is_unique UNIQUE (handle)
  constraint account_agents_are_members CHECK (((kind = 'human'::text) OR (role = 'member'::text)))
  constraint account_display_name_has_1_to_80_characters CHECK (((length(display_name) >= 1) AND (length(display_name) <= 80)))
  constraint account_handle_is_lower_case_letters_digits_dashes CHECK ((handle ~ '^[a-z0-9]([a-z0-9_-]{0,30}[a-z0-9])?$'::text))
  constraint account_kind_is_known CHECK ((kind = ANY (ARRAY['human'::text, 'agent'::text])))
  constraint account_role_is_known CHECK ((role = ANY (ARRAY['member'::text, 'operator'::text, 'administrator'::text])))
  CREATE TRIGGER account_40_update_notifies AFTER UPDATE ON chat.account REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_account()

table chat.agent
  -- The model side of an account of kind agent. max_concurrency null: no limit. version rises with every change.
  account_id uuid not null
  provider text not null
  model text not null
  system_prompt text not null default ''::text
  options jsonb not null default '{}'::jsonb
  max_concurrency integer
  paused boolean not null default false
  answers_agents boolean not null default false
  first_token_limit interval not null default '00:01:00'::interval
  idle_limit interval not null default '00:01:00'::interval
  total_limit interval not null default '00:15:00'::interval
  version bigint not null default 1
  constraint agent_pkey PRIMARY KEY (account_id)
  constraint agent_account_exists FOREIGN KEY (account_id) REFERENCES chat.account(id) ON DELETE CASCADE
  constraint agent_limits_are_positive CHECK (((first_token_limit > '00:00:00'::interval) AND (idle_limit > '00:00:00'::interval) AND (total_limit > '00:00:00'::interval)))
  constraint agent_max_concurrency_is_positive CHECK ((max_concurrency > 0))
  constraint agent_model_is_named CHECK (((length(model) >= 1) AND (length(model) <= 200)))
  constraint agent_options_are_an_object CHECK ((jsonb_typeof(options) = 'object'::text))
  constraint agent_provider_is_known CHECK ((provider = ANY (ARRAY['openai'::text, 'anthropic'::text, 'ollama'::text, 'guide'::text])))
  CREATE TRIGGER agent_10_version BEFORE UPDATE ON chat.agent FOR EACH ROW EXECUTE FUNCTION chat.raise_agent_version()
  CREATE TRIGGER agent_40_notifies AFTER INSERT OR DELETE OR UPDATE ON chat.agent FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_agent()

table chat.allowance with (fillfactor=50)
  -- Limits that hold across nodes (GCRA): until when what was taken under this key is paid off.
  key text not null
  spent_until timestamp with time zone not null
  constraint allowance_pkey PRIMARY KEY (key)
  constraint allowance_key_has_1_to_200_characters CHECK (((length(key) >= 1) AND (length(key) <= 200)))
  CREATE INDEX allowance_spent_until ON chat.allowance USING btree (spent_until)  -- Serves: chat.take_allowance, which forgets what is paid off.

table chat.audit
  -- What administrators did: actor is a handle, or a database user for SQL.
  id bigint not null generated always as identity
  at timestamp with time zone not null default now()
  actor text not null
  action text not null
  subject text not null
  detail jsonb not null default '{}'::jsonb
  constraint audit_pkey PRIMARY KEY (id)
  CREATE INDEX audit_at ON chat.audit USING btree (at)  -- Serves: ops.audit, newest first.
  CREATE INDEX audit_of_subject ON chat.audit USING btree (subject, id)  -- Serves: what administrators did to one generation, agent or worker (the story on /ops).

table chat.channel with (fillfactor=50)
  -- Public and private channels and direct messages. seq: the number of changes of its messages so far, dense, taken under this row's lock, so commit order is seq order.
  id uuid not null default gen_random_uuid()
  name text not null
  kind text not null default 'public'::text
  seq bigint not null default 0
  created_at timestamp with time zone not null default now()
  created_by uuid
  constraint channel_pkey PRIMARY KEY (id)
  constraint channel_creator_exists FOREIGN KEY (created_by) REFERENCES chat.account(id)
  constraint channel_kind_is_known CHECK ((kind = ANY (ARRAY['public'::text, 'private'::text, 'direct'::text])))
  constraint channel_name_has_1_to_80_characters CHECK (((length(name) >= 1) AND (length(name) <= 80)))
  constraint channel_seq_is_not_negative CHECK ((seq >= 0))
  CREATE UNIQUE INDEX channel_name_is_unique ON chat.channel USING btree (name) WHERE (kind <> 'direct'::text)  -- A channel is found by its name; a direct message's name is made of its people and may repeat.

table chat.chunk with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=20000, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=100000, autovacuum_vacuum_cost_delay=0, vacuum_truncate=false)
  -- What has been streamed and not yet folded. start_at: offset in UTF-16 code units. Rows exist only for the fence that their generation has now, so the key goes without it: an index entry is a third of the WAL that a flush writes.
  message_id uuid not null
  fence integer not null
  start_at integer not null
  text text not null
  constraint chunk_pkey PRIMARY KEY (message_id, start_at)
  constraint chunk_start_is_not_negative CHECK ((start_at >= 0))
  constraint chunk_text_is_not_empty CHECK ((text <> ''::text))
  CREATE TRIGGER chunk_40_insert_notifies AFTER INSERT ON chat.chunk REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_chunk_channels()

table chat.credential
  -- Password hashes (Argon2id), apart from the accounts so that only the web may read them.
  account_id uuid not null
  password_hash text not null
  changed_at timestamp with time zone not null default now()
  reset_hash bytea  -- Of the code with which its person may choose a new password until reset_until; null where none is open.
  reset_until timestamp with time zone
  constraint credential_pkey PRIMARY KEY (account_id)
  constraint credential_reset_hash_is_unique UNIQUE (reset_hash)
  constraint credential_account_exists FOREIGN KEY (account_id) REFERENCES chat.account(id) ON DELETE CASCADE
  constraint credential_reset_has_an_end CHECK (((reset_hash IS NULL) = (reset_until IS NULL)))
  constraint credential_reset_hash_is_sha256 CHECK ((octet_length(reset_hash) = 32))

table chat.generation with (fillfactor=70, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=5000)
  -- One reply's way through the queue. state: queued -> running -> completed | failed | cancelled. fence rises with every claim, retry and cancel; a writer that names an older one writes nothing. turn: this agent's round in which the person comes up (round-robin between persons). worker_id: who runs it, or ran it last. history: the attempts that ended without completing, as objects {attempt, worker, claimedAt, firstTokenAt, endedAt, outcome, error}.
  id bigint not null generated always as identity
  message_id uuid not null
  asked_by_message uuid not null
  agent_id uuid not null
  channel_id uuid not null
  person_id uuid not null
  depth integer not null default 1
  state text not null default 'queued'::text
  attempt integer not null default 0
  max_attempts integer not null default 3
  priority integer not null default 0
  turn bigint not null default 0
  run_at timestamp with time zone not null default now()
  lease_until timestamp with time zone
  worker_id bigint
  fence bigint not null default 0
  error text
  error_code text
  history jsonb not null default '[]'::jsonb
  context_ids uuid[]
  input_tokens integer
  output_tokens integer
  queued_at timestamp with time zone not null default now()
  claimed_at timestamp with time zone
  first_token_at timestamp with time zone
  finished_at timestamp with time zone
  progress_at timestamp with time zone  -- When a heartbeat last saw new text of a running reply; the text itself carries no times.
  progress_start integer  -- Where the last chunk began that a heartbeat saw.
  flushes integer  -- In how many chunks the completed reply had been streamed.
  constraint generation_pkey PRIMARY KEY (id)
  constraint generation_asked_once_per_message_and_agent UNIQUE (asked_by_message, agent_id)
  constraint generation_message_is_unique UNIQUE (message_id)
  constraint generation_agent_exists FOREIGN KEY (agent_id) REFERENCES chat.agent(account_id)
  constraint generation_asking_message_exists FOREIGN KEY (asked_by_message) REFERENCES chat.message(id)
  constraint generation_attempts_within_max CHECK (((attempt >= 0) AND (attempt <= max_attempts)))
  constraint generation_depth_is_1_to_4 CHECK (((depth >= 1) AND (depth <= 4)))
  constraint generation_failed_has_error CHECK (((state <> 'failed'::text) OR (error IS NOT NULL)))
  constraint generation_finished_has_time CHECK (((state = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL)))
  constraint generation_history_is_an_array CHECK ((jsonb_typeof(history) = 'array'::text))
  constraint generation_message_exists FOREIGN KEY (message_id) REFERENCES chat.message(id)
  constraint generation_queued_has_an_attempt_left CHECK (((state <> 'queued'::text) OR (attempt < max_attempts)))
  constraint generation_running_has_claim CHECK (((state <> 'running'::text) OR ((attempt > 0) AND (claimed_at IS NOT NULL))))
  constraint generation_running_has_lease CHECK (((state = 'running'::text) = (lease_until IS NOT NULL)))
  constraint generation_running_has_worker CHECK (((state <> 'running'::text) OR (worker_id IS NOT NULL)))
  constraint generation_state_is_known CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
  CREATE INDEX generation_failed ON chat.generation USING btree (finished_at) INCLUDE (agent_id) WHERE (state = 'failed'::text)  -- Serves: ops.stuck and ops.retry_failed.
  CREATE INDEX generation_finished ON chat.generation USING btree (finished_at) WHERE (state = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text]))  -- Serves: ops.throughput, what finished in the last minutes.
  CREATE INDEX generation_queued ON chat.generation USING btree (agent_id, priority DESC, turn, id, run_at) WHERE (state = 'queued'::text)  -- Serves: chat.claim, the next generations of an agent.
  CREATE INDEX generation_queued_of_person ON chat.generation USING btree (agent_id, person_id, priority, turn) WHERE (state = 'queued'::text)  -- Serves: chat.next_turn, a person's last turn at an agent.
  CREATE INDEX generation_running_in_channel ON chat.generation USING btree (channel_id) WHERE (state = 'running'::text)  -- Serves: chat.running_text (the running replies of a channel), chat.reap (expired leases), chat.claim (running per agent), the ops views. Without lease_until, so that a heartbeat stays a heap-only update.
  CREATE TRIGGER generation_40_insert_notifies AFTER INSERT ON chat.generation REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_generation()
  CREATE TRIGGER generation_40_update_notifies AFTER UPDATE ON chat.generation REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_generation()

table chat.invite
  -- Invitations; only the SHA-256 of a code is kept.
  id uuid not null default gen_random_uuid()
  code_hash bytea not null
  created_by uuid not null
  created_at timestamp with time zone not null default now()
  expires_at timestamp with time zone not null
  max_uses integer not null default 1
  uses integer not null default 0
  revoked_at timestamp with time zone
  constraint invite_pkey PRIMARY KEY (id)
  constraint invite_code_hash_is_unique UNIQUE (code_hash)
  constraint invite_code_hash_is_sha256 CHECK ((octet_length(code_hash) = 32))
  constraint invite_creator_exists FOREIGN KEY (created_by) REFERENCES chat.account(id)
  constraint invite_max_uses_is_positive CHECK ((max_uses > 0))
  constraint invite_uses_within_max CHECK (((uses >= 0) AND (uses <= max_uses)))

table chat.lineage
  -- Names this database's history, in one row. A restore from a backup begins another one, so that whoever copied from the old one reads anew.
  id uuid not null default gen_random_uuid()
  began_at timestamp with time zone not null default now()
  is_only_one boolean not null default true
  constraint lineage_pkey PRIMARY KEY (is_only_one)
  constraint lineage_is_only_one CHECK (is_only_one)

table chat.membership with (fillfactor=80)
  -- Who is in which channel, and up to which seq the account has read it.
  channel_id uuid not null
  account_id uuid not null
  role text not null default 'member'::text
  last_read_seq bigint not null default 0
  joined_at timestamp with time zone not null default now()
  constraint membership_pkey PRIMARY KEY (channel_id, account_id)
  constraint membership_account_exists FOREIGN KEY (account_id) REFERENCES chat.account(id) ON DELETE CASCADE
  constraint membership_channel_exists FOREIGN KEY (channel_id) REFERENCES chat.channel(id) ON DELETE CASCADE
  constraint membership_role_is_known CHECK ((role = ANY (ARRAY['owner'::text, 'member'::text])))
  CREATE INDEX membership_of_account ON chat.membership USING btree (account_id)  -- Serves: the channels of one account.
  CREATE TRIGGER membership_40_delete_notifies AFTER DELETE ON chat.membership REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_membership()
  CREATE TRIGGER membership_40_insert_notifies AFTER INSERT ON chat.membership REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_membership()
  CREATE TRIGGER membership_40_update_notifies AFTER UPDATE ON chat.membership REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_membership()

table chat.mention
  -- Who is mentioned in which message; written by trigger from the text, whoever inserted the message.
  message_id uuid not null
  account_id uuid not null
  constraint mention_pkey PRIMARY KEY (message_id, account_id)
  constraint mention_account_exists FOREIGN KEY (account_id) REFERENCES chat.account(id) ON DELETE CASCADE
  constraint mention_message_exists FOREIGN KEY (message_id) REFERENCES chat.message(id) ON DELETE CASCADE
  CREATE TRIGGER mention_10_summons_agents AFTER INSERT ON chat.mention REFERENCING NEW TABLE AS mentioned FOR EACH STATEMENT EXECUTE FUNCTION chat.summon_agents()

table chat.message with (fillfactor=90)
  -- What was written. seq: the channel's seq at the last change. position: the seq at which the message was inserted; it never changes and gives the order on the page. text_fence: the fence under which the text of an agent's reply was written.
  id uuid not null default gen_random_uuid()
  channel_id uuid not null
  author_id uuid not null
  content text not null
  status text not null default 'complete'::text
  seq bigint not null
  position bigint not null
  reply_to uuid
  text_fence bigint
  created_at timestamp with time zone not null default now()
  edited_at timestamp with time zone
  deleted_at timestamp with time zone
  constraint message_pkey PRIMARY KEY (id)
  constraint message_position_is_unique_in_channel UNIQUE (channel_id, "position")
  constraint message_seq_is_unique_in_channel UNIQUE (channel_id, seq)
  constraint message_author_exists FOREIGN KEY (author_id) REFERENCES chat.account(id)
  constraint message_channel_exists FOREIGN KEY (channel_id) REFERENCES chat.channel(id)
  constraint message_deleted_has_no_text CHECK (((deleted_at IS NULL) OR (content = ''::text)))
  constraint message_position_is_at_most_seq CHECK ((("position" >= 1) AND ("position" <= seq)))
  constraint message_reply_to_exists FOREIGN KEY (reply_to) REFERENCES chat.message(id)
  constraint message_status_is_known CHECK ((status = ANY (ARRAY['complete'::text, 'queued'::text, 'thinking'::text, 'streaming'::text, 'stopped'::text, 'failed'::text])))
  CREATE INDEX message_failed ON chat.message USING btree (author_id) WHERE ((status = 'failed'::text) AND (deleted_at IS NULL))  -- Serves: ops.queue, how many replies of an agent failed, without reading them.
  CREATE INDEX message_words ON chat.message USING gin (to_tsvector('simple'::regconfig, "left"(content, 100000))) WHERE ((deleted_at IS NULL) AND (status = ANY (ARRAY['complete'::text, 'stopped'::text, 'failed'::text])))  -- Serves: chat.search, the words of a message's first 100,000 characters.
  CREATE TRIGGER message_05_stays_where_it_is BEFORE UPDATE OF channel_id, "position" ON chat.message FOR EACH ROW WHEN (((old.channel_id <> new.channel_id) OR (old."position" <> new."position"))) EXECUTE FUNCTION chat.refuse_to_move_message()
  CREATE TRIGGER message_10_insert_takes_seq BEFORE INSERT ON chat.message FOR EACH ROW EXECUTE FUNCTION chat.message_takes_seq()
  CREATE TRIGGER message_10_update_takes_seq AFTER UPDATE ON chat.message REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.changed_messages_take_seqs()
  CREATE TRIGGER message_20_insert_mentions AFTER INSERT ON chat.message REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.write_mentions()
  CREATE TRIGGER message_20_update_mentions AFTER UPDATE ON chat.message REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.write_mentions()
  CREATE TRIGGER message_40_insert_notifies AFTER INSERT ON chat.message REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_message_channels()
  CREATE TRIGGER message_40_update_notifies AFTER UPDATE ON chat.message REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_message_channels()

table chat.session
  -- Sign-in sessions (Spring Session JDBC). principal_name: the account's id.
  primary_id character(36) not null
  session_id character(36) not null
  creation_time bigint not null
  last_access_time bigint not null
  max_inactive_interval integer not null
  expiry_time bigint not null
  principal_name character varying(100)
  constraint session_pkey PRIMARY KEY (primary_id)
  CREATE INDEX session_expiry ON chat.session USING btree (expiry_time)
  CREATE INDEX session_of_principal ON chat.session USING btree (principal_name)
  CREATE UNIQUE INDEX session_session_id_is_unique ON chat.session USING btree (session_id)
  CREATE TRIGGER session_40_delete_notifies AFTER DELETE ON chat.session REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION chat.notify_session_ended()

table chat.session_attributes
  -- What a sign-in session holds (Spring Session JDBC).
  session_primary_id character(36) not null
  attribute_name character varying(200) not null
  attribute_bytes bytea not null
  constraint session_attributes_pkey PRIMARY KEY (session_primary_id, attribute_name)
  constraint session_attributes_session_exists FOREIGN KEY (session_primary_id) REFERENCES chat.session(primary_id) ON DELETE CASCADE

table chat.worker with (fillfactor=50)
  -- Every worker process: since when, last seen when, how many generations at once, and whether it takes no new ones.
  id bigint not null generated always as identity
  name text not null
  started_at timestamp with time zone not null default now()
  last_seen_at timestamp with time zone not null default now()
  slots integer not null
  draining boolean not null default false
  constraint worker_pkey PRIMARY KEY (id)
  constraint worker_name_has_1_to_80_characters CHECK (((length(name) >= 1) AND (length(name) <= 80)))
  constraint worker_slots_are_positive CHECK ((slots > 0))

view ops.audit
  -- What administrators did, newest first: select * from ops.audit limit 20.
  id bigint
  at timestamp with time zone
  actor text  -- The handle of an account on the page, or the database user of an SQL session.
  action text
  subject text  -- What was changed, its kind first: generation 12, agent ada, worker web-1, account mira, invite 3f…, message 01…, channel general.
  detail jsonb

view ops.generations
  -- Every generation, readable. The newest: select * from ops.generations order by id desc limit 20. Fast whatever has finished: by id, by state queued, running or failed, by finished_at.
  id bigint
  agent text
  channel text
  person text  -- Who asked, also when agents asked each other in between (depth).
  state text  -- queued, running, completed, failed or cancelled.
  attempt integer  -- Attempts begun since it was asked for or last retried.
  max_attempts integer
  age interval  -- How long the person has waited; when it has finished: how long it took.
  waiting interval  -- Time until the next attempt, when that lies ahead (rate limit, backoff).
  worker text  -- Who runs it, or ran it last; null when that worker has said goodbye.
  lease interval  -- What is left of the worker's lease while running; negative: expired.
  error text  -- The last error: why it failed, why it waits for another attempt, or what cut a completed reply short.
  error_code text
  input_tokens integer
  output_tokens integer
  flushes integer  -- In how many chunks the completed reply had been streamed.
  to_first_token interval
  queued_at timestamp with time zone
  run_at timestamp with time zone
  claimed_at timestamp with time zone
  first_token_at timestamp with time zone
  finished_at timestamp with time zone
  priority integer  -- Higher runs first: mentions 0, retries of administrators -1.
  depth integer
  reply uuid  -- The id of the reply's message.
  asked_by uuid  -- The id of the message that mentions the agent.
  fence bigint

view ops.queue
  -- Per agent: how many generations are queued, running and failed, and for how long the oldest queued one has waited. The oldest wait comes first.
  agent text
  queued bigint  -- Not running yet, those included that wait for a later attempt.
  running bigint
  failed bigint  -- Failed and neither retried nor cancelled since, replies that were deleted left out; of an agent that is disabled: 0; select * from ops.stuck shows why.
  oldest_age interval  -- How long the oldest queued one has waited for its reply since it was asked for.
  waiting bigint  -- Those of the queued that wait for their next attempt (rate limit, backoff).
  at_most integer  -- How many of the agent may run at once in all processes; null: no limit.
  paused boolean  -- Nothing of the agent starts; select ops.resume_agent(agent) ends the pause.
  provider text
  model text

view ops.stuck
  -- What needs somebody: lease expired (or its worker silent since the clock was set back), no new text for a minute (or 5 seconds beyond the agent's own limit, if that is longer), queued for over a minute (or before the clock was set back), failed. mend says what to do; select ops.retry(id) from ops.stuck runs all of them again, and ops.cancel gives up what nobody wants any more. By channel, oldest first; replies that were deleted, and what failed at an agent that is disabled, are left out.
  id bigint
  reason text  -- Why it is here, in words.
  mend text  -- The statement, or the step, that gets it going.
  agent text
  channel text
  person text
  state text
  attempt integer
  age interval  -- Since it was asked for, or last retried.
  worker text
  error text
  queued_at timestamp with time zone
  finished_at timestamp with time zone

view ops.throughput
  -- The last hour by the minute, newest first: replies finished, failed and cancelled, tokens, and how long people waited for the first text and for the whole reply (p50, p95 of those that finished in that minute).
  minute timestamp with time zone
  finished bigint  -- Replies that completed in this minute.
  failed bigint
  cancelled bigint
  input_tokens bigint
  output_tokens bigint
  first_token_p50 interval  -- From the mention (or the last retry) to the first text, median.
  first_token_p95 interval
  reply_p50 interval  -- From the mention (or the last retry) to the whole reply, median.
  reply_p95 interval

view ops.workers
  -- The worker processes of the last day. One that shut down in order is gone from here; one that was killed or frozen stays as silent.
  worker text
  state text  -- working; draining: finishes what it runs and takes nothing new; silent: no heartbeat for 15 seconds, so killed, frozen or cut off.
  running bigint
  slots integer
  last_seen interval  -- Since its last heartbeat.
  up interval
  expired bigint  -- Those of the running whose lease has expired; any working worker takes them over.
  id bigint
  started_at timestamp with time zone
  last_seen_at timestamp with time zone
  draining boolean

function chat.add_member(channel uuid, adder uuid, handle text)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- Any member adds others; oneself one adds to public channels. To a private one that has nobody left an administrator adds a person, who then owns it.

function chat.append_chunks(worker bigint, messages uuid[], fences bigint[], previous_starts integer[], starts integer[], texts text[])
  returns TABLE(message_id uuid, reason text) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- Appends one chunk to each of these replies in one asynchronously committed transaction. previous_start: where the chunk begins that the worker believes to be the last durable one (null: none). Returns what was not written: fenced (no longer the worker's), gap (re-read chat.durable) or busy (somebody who has not committed is taking the reply away: come again).

function chat.batch_end(channel uuid, after bigint, head bigint)
  returns bigint language sql stable
  -- Up to which seq one batch of changes goes: 5,000 messages or 2 MB of text, which as JSON are up to six times as much, so that nobody who was away for long is handed a whole channel in one piece, and none is larger than a driver takes.

function chat.begin_lineage(known text)
  returns text language sql security definer set search_path=chat, pg_temp
  -- After a restore: gives the history another name, unless somebody did already and it is no longer the known one. Returns the name.

function chat.built()
  returns timestamp with time zone language sql immutable set search_path=chat, pg_temp
  -- When the build was made whose functions these are. A process of an older build runs on them and leaves them as they are.

function chat.cancel(generation bigint)
  returns boolean language plpgsql security definer set search_path=chat, pg_temp
  -- Ends a queued or running generation for good and keeps its text so far. Returns whether it changed anything.

function chat.change_agent(administrator uuid, agent uuid, change jsonb)
  returns void language sql security definer set search_path=chat, pg_temp
  -- Changes what the object names, as validated by the web; a maxConcurrency of null is no limit.

function chat.change_password(person uuid, checked_hash text, password_hash text, session text)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- A new password in place of the one that the caller has checked, if that still is the one; all sessions of the person end but the one that asks.

function chat.change_password(person uuid, password_hash text)
  returns void language sql security definer set search_path=chat, pg_temp
  -- A new password; the caller has checked the old one. A link that was to replace the old one opens nothing any more.

function chat.change_person(administrator uuid, person uuid, role text, disabled boolean)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- Changes a person's role or disables the account, which ends its sessions and gives the channels that it alone owned to their longest members; null leaves as it is. Whoever is no administrator any more leaves no open invitation and no link for a new password behind. There is always an administrator.

function chat.change_profile(person uuid, display_name text)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- A person's own profile.

function chat.changed_messages_take_seqs()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of message: gives messages that plain SQL has changed their channel's next seqs. The functions that change many messages have taken theirs before (chat.take_seqs) and cost nothing here.

function chat.changes(channel uuid, after bigint)
  returns json language sql stable security definer set search_path=chat, pg_temp
  -- What changed in a channel after a seq: {after, seq, messages, text}, all of it, or the first 5,000 messages or 2 MB: ask again from seq until nothing comes. A client ahead of seq throws its copy away and asks again from 0.

function chat.changes(channel uuid, after bigint, seen uuid[])
  returns json language sql stable security definer set search_path=chat, pg_temp set enable_seqscan=off
  -- The same for a reader that tells what it has seen: messages that had changed up to after, the one that has this seq first (none: nothing is checked). Where the channel lacks one of them it was restored from a backup, though it may have come past after again, and the reader is told to begin from 0.

function chat.channel_changes(channels uuid[], afters bigint[], messages uuid[], fences bigint[], last_starts integer[])
  returns TABLE(channel_id uuid, after bigint, seq bigint, messages_json text, text_json text, marks text, last_changed uuid) language sql stable security definer set search_path=chat, pg_temp set plan_cache_mode=force_generic_plan set enable_seqscan=off set enable_bitmapscan=off
  -- For the relay, one select for all channels that woke it: messages changed after its cursor, text appended after the chunks it has seen. After more than 4 changes seq may be short of the channel's: ask again from there. marks: a line "message fence last_start" for each reply with new text, to be passed the next time. last_changed: the message that has this seq; null when nothing changed.

function chat.channels_of(accounts uuid[])
  returns TABLE(account_id uuid, channel_id uuid, seq bigint, last_changed uuid, last_read_seq bigint) language plpgsql stable set plan_cache_mode=force_generic_plan set enable_seqscan=off set enable_bitmapscan=off
  -- For the feed: the channels that these accounts may read, where each channel stands (its seq, and the message that changed last) and up to where the account has read it. None for accounts that are disabled or gone.

function chat.claim(worker bigint, max integer, lease interval)
  returns TABLE(generation_id bigint, message_id uuid, fence bigint, agent_id uuid, agent_handle text, channel_id uuid, attempt integer, max_attempts integer, queued_at timestamp with time zone, asked_by_message uuid, claim_latency_seconds double precision) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- Gives the worker up to max queued generations whose time has come, and counts the attempt. Per agent within max_concurrency; round-robin between persons, oldest first within a person; higher priority first.

function chat.complete(worker bigint, messages uuid[], fences bigint[], contents text[], input_tokens integer[], output_tokens integer[], errors text[] DEFAULT NULL::text[], error_codes text[] DEFAULT NULL::text[])
  returns TABLE(message_id uuid, held boolean) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off set lock_timeout=500ms
  -- The fold: the whole text into the message, the chunks gone, the generation completed, in one synchronous commit. errors, error_codes: what cut a reply short (a limit of tokens, a filter), null: the model finished by itself. held: whether the fence still held (false: nothing was written). Replies that somebody holds, or whose channel, are left out; call again for them.

function chat.context(generation bigint, max_messages integer)
  returns TABLE(message_id uuid, handle text, display_name text, kind text, content text, own boolean) language sql stable security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- What the agent may know: the messages of its channel alone, newest first, from the asking one backwards; without deleted, failed and unfinished ones. Nothing when the asking one was deleted or failed.

function chat.delete_message(message uuid, account uuid)
  returns json language plpgsql security definer set search_path=chat, pg_temp
  -- Leaves a tombstone without text; a running reply is cancelled first. Again changes nothing. HF403, HF404.

function chat.durable(worker bigint, messages uuid[], fences bigint[])
  returns TABLE(message_id uuid, last_start integer, last_text text) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- The last chunk of each running reply of the worker (nulls: none yet), so that it can go on from there. Replies that are no longer the worker's are left out.

function chat.edit_message(message uuid, account uuid, content text)
  returns json language plpgsql security definer set search_path=chat, pg_temp
  -- Changes one's own message; the same text changes nothing. A mention that is added summons its agent. HF403 not the author, HF404, HF409 deleted, HF422.

function chat.end_attempt(g chat.generation, outcome text, error text)
  returns jsonb language sql stable set search_path=chat, pg_temp
  -- The history of a generation with the attempt that ends now added.

function chat.fail(worker bigint, message uuid, fence bigint, error text, error_code text, retry_after interval, partial text, counts boolean)
  returns text language plpgsql security definer set search_path=chat, pg_temp
  -- The attempt failed. retry_after: again after that time while attempts are left; null: give up. partial: the whole text so far. counts false: the attempt is not counted. Returns retry, failed or fenced; 55P03 while somebody holds it or its channel.

function chat.has_forgotten(channels uuid[], seqs bigint[], last_changed uuid[])
  returns boolean language sql stable security definer set search_path=chat, pg_temp set enable_seqscan=off
  -- Whether the database lacks what a reader has seen of it. last_changed: messages that had these seqs of the channels, as many for each channel as the reader remembers; a later change gives a message a later seq, and only a restore an earlier one or none.

function chat.heartbeat(worker bigint, generations bigint[], fences bigint[], lease interval)
  returns TABLE(generation_id bigint) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- Renews the leases of all that the worker runs and returns the generations that are no longer its own (cancelled, or reclaimed by another).

function chat.history(channel uuid, before bigint, max integer)
  returns json language sql stable security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- A page of a channel's messages, newest first: those inserted before the given seq (null: the newest), fewer where 2 MB of text are reached sooner.

function chat.incarnation()
  returns text language sql stable security definer set search_path=chat, pg_temp
  -- Names this start of the server, this database and its history. Who reads another one than before may read a restored database, and asks chat.has_forgotten before it goes on from what it has read.

function chat.is_abandoned(channel uuid)
  returns boolean language sql stable security definer set search_path=chat, pg_temp
  -- Whether it is a private channel that nobody can read or add anybody to: of its members none is a person whose account is enabled.

function chat.is_member(channel uuid, account uuid)
  returns boolean language sql stable security definer set search_path=chat, pg_temp
  -- Whether the account may read and write the channel: the one place that says so.

function chat.join_by_invite(code_hash bytea, handle text, display_name text, password_hash text)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- A new member, counted as one use of the invitation; a refused one is not counted.

function chat.join_channel(channel uuid, joiner uuid)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- Joins a public channel; who is in stays in.

function chat.leave_running(ids bigint[], new_state text, new_status text, outcome text, new_error text, new_error_code text, new_run_at timestamp with time zone, counts boolean, partial text)
  returns void language plpgsql set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- What every unfinished end of an attempt has in common: the text so far goes into the message, the chunks go, the attempt goes into the history. The caller holds the locks and has checked the states.

function chat.lineage()
  returns text language sql stable security definer set search_path=chat, pg_temp
  -- The name of this database's history: what was copied under another name may be of a future that never came. It changes when a backup is restored (chat.begin_lineage) and with the server's timeline, that is after a recovery to a point in time or the promotion of a standby.

function chat.lock_channels_of(ids uuid[], wait boolean)
  returns uuid[] language plpgsql set search_path=chat, pg_temp
  -- Locks the channels of these messages by id, then the messages by id (the one order everybody keeps). wait false: leaves out those that somebody holds, for callers that come again in a moment. Returns the messages that are now locked.

function chat.make_agent(administrator uuid, wanted jsonb)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- An account of kind agent and its model side; what the object leaves out is as by default.

function chat.make_channel(maker uuid, name text, kind text)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- A public or private channel, owned by its maker. The name's rules are the caller's.

function chat.make_invite(administrator uuid, code_hash bytea, lifetime interval, max_uses integer)
  returns uuid language sql security definer set search_path=chat, pg_temp
  -- An invitation; the caller keeps its code, here is only the hash.

function chat.make_person(handle text, display_name text, password_hash text, role text)
  returns uuid language plpgsql set search_path=chat, pg_temp
  -- Makes a human account, in the oldest public channel from the start, where everybody meets; in none if there is none.

function chat.mark_read(channel uuid, reader uuid, seq bigint)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- The person has read up to this seq; never back, never beyond the channel's.

function chat.mentioned_handles(content text)
  returns SETOF text language sql immutable
  -- The handles, in lower case, that a text mentions: @handle outside code, e-mail addresses and URLs. Whether they exist is for the caller to see.

function chat.message_json(m chat.message)
  returns json language plpgsql stable set plan_cache_mode=force_generic_plan set enable_seqscan=off set enable_bitmapscan=off
  -- A message as the contract's JSON. content of a running reply is all its text so far, written under textFence. position gives the order on the page.

function chat.message_takes_seq()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Gives a message that is inserted the channel's next seq. A row trigger, because the row must not be without one.

function chat.my_channel(channel uuid, account uuid)
  returns uuid language plpgsql stable security definer set search_path=chat, pg_temp
  -- The channel's id for a member, so that one statement asks and reads; otherwise HF404.

function chat.new_message_id()
  returns uuid language sql
  -- An id that grows with the time to the microsecond (UUID version 7): entries of new messages and their chunks are added at the end of an index, which logs less than splitting its pages.

function chat.next_turn(agent uuid, person uuid, of_priority integer)
  returns bigint language sql stable
  -- The turn in which this person comes up next at this agent, among generations of one priority: one behind the person's own last, and not before the turn the agent is at. So persons alternate, whoever queued more. Each priority has turns of its own.

function chat.notify_account()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of account: account_changed with the account's id.

function chat.notify_agent()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of agent: generation_ready, because a resumed agent or a wider limit may let queued generations run.

function chat.notify_chunk_channels()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of chunk: channel_changed with the channel's id, once for a whole flush.

function chat.notify_generation()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of generation: generation_ready wakes workers that may claim; generation_changed tells those that run something to ask whether they still may.

function chat.notify_membership()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of membership: account_changed with the account's id, so that its feeds re-read what it may see; read_changed with the account's and the channel's id where it has read on.

function chat.notify_message_channels()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of message: channel_changed with the channel's id.

function chat.notify_session_ended()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of session: session_ended with the account's id, so that its feeds end with the session.

function chat.open_direct(opener uuid, handles text[])
  returns TABLE(channel_id uuid, created boolean) language plpgsql security definer set search_path=chat, pg_temp
  -- The conversation of exactly these people and the opener; made if there is none.

function chat.own_message(message uuid, account uuid)
  returns chat.message language plpgsql security definer set search_path=chat, pg_temp
  -- The message, its channel locked, for a member of the channel; else HF404.

function chat.post(channel text, handle text, content text)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- Posts a message as somebody, for any SQL writer: select chat.post('general', 'mira', 'good morning @guide'). Returns the message's id.

function chat.post_message(id uuid, channel uuid, author uuid, content text, reply_to uuid)
  returns TABLE(created boolean, message json) language plpgsql security definer set search_path=chat, pg_temp
  -- Posts a message under an id that the client made. The same id again returns the same message and created false. Refuses as chat.write_message does.

function chat.raise_agent_version()
  returns trigger language plpgsql set search_path=chat, pg_temp
  -- Row trigger of agent: version rises with every change, so that workers rebuild the model they hold.

function chat.reap()
  returns TABLE(generation_id bigint, outcome text) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- Takes generations whose lease has expired from their workers: queued again, or failed when their attempts are used up; these it returns. Ends what agents say that are disabled, and what waits for them. Any worker calls it; channels that somebody holds are left for the next call.

function chat.refuse_to_move_message()
  returns trigger language plpgsql set search_path=chat, pg_temp
  -- Refuses to move a message to another channel or place. A row trigger, because a statement that names these columns need not change them. Its seq would be one of the old channel's: where the new one comes to the same, whatever is written there would be refused.

function chat.register_worker(name text, slots integer)
  returns bigint language sql security definer set search_path=chat, pg_temp
  -- A worker process presents itself; returns its id.

function chat.release(worker bigint, messages uuid[], fences bigint[], partials text[])
  returns integer language plpgsql security definer set search_path=chat, pg_temp
  -- A worker that shuts down hands back what it could not finish: queued again at once, the attempt not counted. Replies that somebody holds, or whose channel, are left out; call again for them. Returns how many.

function chat.remove_member(channel uuid, remover uuid, handle text)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- Leaves, or as an owner removes; when the last owner goes, the longest member becomes one. The last person stays in a private channel.

function chat.rename_channel(channel uuid, renamer uuid, name text)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- Another name; every member's browsers are told.

function chat.replace_owners(channels uuid[])
  returns void language sql security definer set search_path=chat, pg_temp
  -- Internal: where no person is left as an owner whose account is enabled, the longest member becomes one. The caller holds the channels.

function chat.requeue(ids bigint[], new_priority integer)
  returns void language plpgsql set search_path=chat, pg_temp set plan_cache_mode=force_generic_plan
  -- What every retry has in common: queues these generations anew, now, attempts reset; the old text stays until the first new text replaces it. The caller holds the locks and has checked the states.

function chat.require_content(content text)
  returns void language plpgsql immutable set search_path=chat, pg_temp
  -- Raises HF422 for an empty message or one over 65,536 bytes.

function chat.require_member(channel uuid, account uuid)
  returns void language plpgsql stable security definer set search_path=chat, pg_temp
  -- Raises HF404 unless the account is a member; a channel that does not exist and one that may not be seen look alike.

function chat.require_room(accounts uuid[], direct boolean)
  returns void language plpgsql stable security definer set search_path=chat, pg_temp
  -- Raises HF409 where one of these people is in as many channels (or has opened as many direct messages) as anybody may: the feed sends all of them every 15 s. Not counted to the last one: calls at the same moment may pass together. Agents have no feed and no bound.

function chat.reset_password(code_hash bytea, password_hash text)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- A new password by a code of ops.reset_password, which is used by that; all sessions of the person end.

function chat.retry(message uuid, account uuid, queued_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
  returns json language plpgsql security definer set search_path=chat, pg_temp
  -- Any member runs a reply again; the old text stays until the first new text replaces it. One that was queued at another time than the caller saw has been retried since, and is left as it is. HF404, HF409 not a reply, running, deleted, or of an agent that is disabled.

function chat.return_allowance(key text)
  returns void language sql security definer set search_path=chat, pg_temp
  -- Forgets what was taken under the key.

function chat.return_allowance(key text, times integer, per interval, amount integer)
  returns void language sql security definer set search_path=chat, pg_temp
  -- Gives back an amount that was taken under the key, and no more.

function chat.revoke_invite(administrator uuid, invite uuid)
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- Nobody joins by this invitation any more; done twice is done.

function chat.running_text(channels uuid[], messages uuid[], fences bigint[], last_starts integer[])
  returns TABLE(channel_id uuid, message_id uuid, fence bigint, at integer, text text, last_start integer) language sql stable set search_path=chat, pg_temp set plan_cache_mode=force_generic_plan
  -- New text of the running replies of these channels: after the chunk that the caller has last seen of a reply under its fence, or all of it. at: offset of the text in UTF-16 code units; last_start: where its last chunk begins.

function chat.running_under(messages uuid[], fences bigint[], locked uuid[], worker bigint)
  returns uuid[] language plpgsql stable set search_path=chat, pg_temp
  -- Those of the locked replies whose generation runs under just this fence (and by this worker; null: by any). They stay so while the caller holds the messages (chat.lock_channels_of): whoever takes a running generation away holds its message.

function chat.search(account uuid, query text, max integer)
  returns json language sql stable security definer set search_path=chat, pg_temp set work_mem=64MB
  -- Messages of the account's channels that hold the words (the last as a beginning) or the very text, newest first. Words behind a message's first 100,000 characters are not found; the very text is, in the newest 4 MB of all that the account may read, of a channel's latest 2,000 messages (with more than 25 channels, 50,000 of all).

function chat.set_context(generation bigint, fence bigint, ids uuid[])
  returns boolean language sql security definer set search_path=chat, pg_temp
  -- Keeps which messages the model was given. Null: the fence no longer holds.

function chat.set_up(handle text, display_name text, password_hash text)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- The first account, an administrator, and #general; refused once there is a human account.

function chat.show_status(messages uuid[], fences bigint[], new_status text)
  returns TABLE(message_id uuid, held boolean) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- Shows the status of running replies (thinking, streaming). held: whether the fence still holds. Replies whose channel somebody holds are left out; call again for them.

function chat.start_drain(worker bigint)
  returns void language sql security definer set search_path=chat, pg_temp
  -- The worker takes no new generations from now on.

function chat.start_streaming(messages uuid[], fences bigint[])
  returns TABLE(message_id uuid, held boolean) language plpgsql security definer set search_path=chat, pg_temp set enable_seqscan=off set enable_bitmapscan=off
  -- The first text has come. See chat.show_status.

function chat.start_thinking(messages uuid[], fences bigint[])
  returns TABLE(message_id uuid, held boolean) language sql security definer set search_path=chat, pg_temp
  -- The worker asks the model now. See chat.show_status.

function chat.stop(message uuid, account uuid, queued_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
  returns json language plpgsql security definer set search_path=chat, pg_temp
  -- Any member stops a reply; its text so far stays. One that has ended already is left as it is, and so is one that was queued at another time than the caller saw: it has been retried since. HF404, HF409 not a reply.

function chat.summon_agents()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of mention: for every agent that is mentioned, a placeholder reply and a queued generation. Agents answer agents only where answers_agents says so, at most 4 deep from the human message, and never themselves.

function chat.summons(content text)
  returns integer language sql stable security definer set search_path=chat, pg_temp
  -- How many agents a text would summon. For the builds before, which don't name its message.

function chat.summons(content text, message uuid)
  returns integer language sql stable security definer set search_path=chat, pg_temp
  -- How many agents a text would summon as that of this message (null: of a new one), beside those that it has mentioned before.

function chat.take_allowance(key text, times integer, per interval, amount integer)
  returns double precision language plpgsql security definer set search_path=chat, pg_temp
  -- Takes an amount of what a key may do so many times per interval. Returns 0 if there was enough, otherwise the seconds until there will be. What was taken before the clock was set back is forgotten.

function chat.take_search(account uuid)
  returns boolean language sql security definer set search_path=chat, pg_temp
  -- Whether the account may search until the end of the transaction: two of its searches run at once, on all nodes together.

function chat.take_seqs(ids uuid[])
  returns TABLE(message_id uuid, seq bigint) language sql set search_path=chat, pg_temp
  -- The next seqs of the channels of these messages, one for each message. The caller holds the channels (chat.lock_channels_of) and changes every one of the messages, so that seq stays dense.

function chat.text_of(m chat.message)
  returns text language plpgsql stable set plan_cache_mode=force_generic_plan set enable_seqscan=off set enable_bitmapscan=off
  -- The text of a message: of a running reply its chunks, or the text of an earlier attempt as long as it has none.

function chat.unread(m chat.membership)
  returns bigint language sql stable
  -- What others have written since the account read the channel, and what an agent has finished since that was read while it grew; counted up to 100.

function chat.unregister_worker(worker bigint)
  returns void language sql security definer set search_path=chat, pg_temp
  -- A worker process says goodbye; what it still ran is reclaimed when its leases expire.

function chat.usable_invite(code_hash bytea)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- The id of the invitation, locked until the end of the transaction; or a sentence that says why it cannot be used.

function chat.usable_reset(code_hash bytea)
  returns uuid language plpgsql security definer set search_path=chat, pg_temp
  -- Whose password the code may replace, locked until the end of the transaction; or a sentence that says why it cannot be used.

function chat.utc(at timestamp with time zone)
  returns text language sql stable
  -- A time as ISO 8601 in UTC, whatever the session's time zone.

function chat.without_code(content text)
  returns text language plpgsql immutable
  -- The text without its Markdown code: fenced blocks (``` and ~~~, also in quotes and list items), indented blocks and code spans.

function chat.without_code_spans(lines text[])
  returns text language plpgsql immutable
  -- The lines without `code spans`: a run of backticks up to the next run of the same length in the same paragraph (an empty line ends it). A backslash escapes a backtick outside a span, never in it.

function chat.write_agent(administrator uuid, agent uuid, change jsonb, action text)
  returns void language plpgsql set search_path=chat, pg_temp
  -- What making and changing an agent have in common, the audit included.

function chat.write_mentions()
  returns trigger language plpgsql security definer set search_path=chat, pg_temp
  -- Statement trigger of message: writes the mentions of texts that are complete, new or changed.

function chat.write_message(id uuid, channel uuid, author uuid, content text, reply_to uuid)
  returns boolean language plpgsql
  -- What the doors for posting have in common: writes the message unless it is there already. Returns whether it wrote it. HF404 not a member, HF409 id taken, HF422 no id, empty, over 64 kB, or a reply to another channel.

function ops.answers(verdicts jsonb)
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language sql immutable set search_path=chat, pg_temp
  -- Internal: the verdicts as rows, a row for each generation that was named.

function ops.audit_generations(action text, verdicts jsonb, outcome text)
  returns void language sql security definer set search_path=chat, pg_temp
  -- Internal: keeps what was done to the generations whose verdict has this outcome.

function ops.cancel(generation bigint)
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language sql security definer set search_path=chat, pg_temp
  -- Ends a queued or running generation for good, and gives up a failed one, which then needs nobody any more; its text so far stays in the channel, marked as stopped: select ops.cancel(id) from ops.generations where channel = 'general' and state = 'queued'. One that has completed raises, and undoes the statement; ops.cancel_all leaves it out instead.

function ops.cancel_all(ids bigint[])
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language sql security definer set search_path=chat, pg_temp
  -- Cancels many generations, those that can be: select * from ops.cancel_all(array(select id from ops.generations where agent = 'ada' and state = 'queued')). outcome: cancelled, unchanged, or refused with reason and remedy in detail; nothing is raised.

function ops.drain_worker(name text)
  returns TABLE(worker text, outcome text, detail text) language sql security definer set search_path=chat, pg_temp
  -- The worker finishes what it runs and takes nothing new, so that it can be stopped without anybody noticing: select ops.drain_worker('web-1').

function ops.end_now(ids bigint[], strict boolean)
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language plpgsql security definer set search_path=chat, pg_temp set plan_cache_mode=force_generic_plan
  -- Internal: behind every cancel of an administrator. strict: one refusal raises and nothing is changed; else it is said in its row.

function ops.judge_cancel(ids bigint[])
  returns TABLE(id bigint, agent text, channel text, outcome text, detail text, remedy text) language plpgsql stable security definer set search_path=chat, pg_temp set plan_cache_mode=force_generic_plan
  -- Internal: what cancelling each of these generations comes to: cancelled, unchanged or refused, and why.

function ops.judge_retry(ids bigint[], stuck bigint[])
  returns TABLE(id bigint, agent text, channel text, outcome text, detail text, remedy text, was text) language plpgsql stable security definer set search_path=chat, pg_temp set plan_cache_mode=force_generic_plan
  -- Internal: what a retry of each of these generations comes to: queued, unchanged or refused, and why.

function ops.oldest_transaction_age()
  returns interval language sql stable security definer set search_path=chat, pg_temp
  -- For how long the oldest transaction of this database is open that has written or holds a snapshot, prepared ones included. While it is, no version of a row
that was replaced meanwhile can be removed, and channels that much is written in get slower with every message. When the sessions of other users began is
seen only where the owner is a superuser or in pg_read_all_stats.

function ops.pause_agent(handle text)
  returns TABLE(agent text, outcome text, detail text) language sql security definer set search_path=chat, pg_temp
  -- Nothing of this agent starts from now on; what runs finishes, what is asked meanwhile waits: select ops.pause_agent('ada').

function ops.refuse(verdicts jsonb)
  returns void language plpgsql set search_path=chat, pg_temp
  -- Internal: raises the first refusal among these verdicts, if there is one: HF404 unknown, HF409 not allowed.

function ops.require_agent(handle text)
  returns uuid language plpgsql stable security definer set search_path=chat, pg_temp
  -- Internal: the agent of this handle, or HF404 with the handles that there are.

function ops.reset_password(handle text)
  returns TABLE(account text, link text, valid_until timestamp with time zone) language plpgsql security definer set search_path=chat, pg_temp
  -- A link for somebody who lost the password, to be sent with the page's address in front: once, and for a day, a new password can be chosen there, which ends
all sessions of that person. The old password is good until then: select * from ops.reset_password('mira').

function ops.resume_agent(handle text)
  returns TABLE(agent text, outcome text, detail text) language sql security definer set search_path=chat, pg_temp
  -- Ends the pause of an agent; what waited runs at once: select ops.resume_agent('ada').

function ops.resume_worker(name text)
  returns TABLE(worker text, outcome text, detail text) language sql security definer set search_path=chat, pg_temp
  -- A draining worker takes new generations again: select ops.resume_worker('web-1').

function ops.retry(generation bigint)
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language sql security definer set search_path=chat, pg_temp
  -- Runs a generation again, now, its attempts reset: select ops.retry(12); select ops.retry(id) from ops.stuck. Works on a failed, cancelled, completed or waiting one, and on a running one that is stuck. The old text stays until the new replaces it; open pages follow by themselves. It waits behind fresh mentions (priority -1). One that may not be retried raises, and undoes the statement; ops.retry_all leaves it out instead.

function ops.retry_all(ids bigint[])
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language sql security definer set search_path=chat, pg_temp
  -- Runs many generations again, those that can be: select * from ops.retry_all(array(select id from ops.stuck)). outcome: queued, unchanged, or refused with reason and remedy in detail; nothing is raised.

function ops.retry_failed(handle text, since interval DEFAULT '1 day'::interval)
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language plpgsql security definer set search_path=chat, pg_temp
  -- Runs again, in one go, what an agent failed at lately: select ops.retry_failed('ada', interval '1 hour'); null: however long ago. Replies that were deleted are left out.

function ops.run_again(ids bigint[], action text, strict boolean)
  returns TABLE(id bigint, outcome text, agent text, channel text, detail text) language plpgsql security definer set search_path=chat, pg_temp set plan_cache_mode=force_generic_plan
  -- Internal: behind every retry of an administrator. strict: one refusal raises and nothing is changed; else it is said in its row.

function ops.set_draining(name text, value boolean)
  returns TABLE(worker text, outcome text, detail text) language plpgsql security definer set search_path=chat, pg_temp
  -- Internal: behind ops.drain_worker and ops.resume_worker.

function ops.set_paused(handle text, value boolean)
  returns TABLE(agent text, outcome text, detail text) language plpgsql security definer set search_path=chat, pg_temp
  -- Internal: behind ops.pause_agent and ops.resume_agent.

function ops.write_audit(action text, subjects text[], details jsonb[])
  returns void language plpgsql security definer set search_path=chat, pg_temp
  -- Internal: keeps what was done. The web names the acting account in the setting holdfast.actor of its transaction.
