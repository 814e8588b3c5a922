create table chat.worker (
  id bigint not null generated always as identity,
  name text not null,
  started_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  slots integer not null,
  draining boolean not null default false,
  constraint worker_pkey primary key (id),
  constraint worker_name_has_1_to_80_characters check (length(name) between 1 and 80),
  constraint worker_slots_are_positive check (slots > 0)
) with (fillfactor = 50);
comment on table chat.worker is 'Every worker process: since when, last seen when, how many generations at once, and whether it takes no new ones.';

create table chat.generation (
  id bigint not null generated always as identity,
  message_id uuid not null,
  asked_by_message uuid not null,
  agent_id uuid not null,
  channel_id uuid not null,
  person_id uuid not null,
  depth integer not null default 1,
  state text not null default 'queued',
  attempt integer not null default 0,
  max_attempts integer not null default 3,
  priority integer not null default 0,
  turn bigint not null default 0,
  run_at timestamptz not null default now(),
  lease_until timestamptz,
  worker_id bigint,
  fence bigint not null default 0,
  error text,
  error_code text,
  history jsonb not null default '[]',
  context_ids uuid[],
  input_tokens integer,
  output_tokens integer,
  queued_at timestamptz not null default now(),
  claimed_at timestamptz,
  first_token_at timestamptz,
  finished_at timestamptz,
  constraint generation_pkey primary key (id),
  constraint generation_message_is_unique unique (message_id),
  constraint generation_asked_once_per_message_and_agent unique (asked_by_message, agent_id),
  constraint generation_message_exists foreign key (message_id) references chat.message,
  constraint generation_asking_message_exists foreign key (asked_by_message) references chat.message,
  constraint generation_agent_exists foreign key (agent_id) references chat.agent,
  constraint generation_state_is_known check (state in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  constraint generation_running_has_lease check ((state = 'running') = (lease_until is not null)),
  constraint generation_running_has_worker check (state <> 'running' or worker_id is not null),
  constraint generation_finished_has_time check ((state in ('completed', 'failed', 'cancelled')) = (finished_at is not null)),
  constraint generation_failed_has_error check (state <> 'failed' or error is not null),
  constraint generation_running_has_claim check (state <> 'running' or (attempt > 0 and claimed_at is not null)),
  constraint generation_history_is_an_array check (jsonb_typeof(history) = 'array'),
  constraint generation_attempts_within_max check (attempt between 0 and max_attempts),
  constraint generation_depth_is_1_to_4 check (depth between 1 and 4)
) with (fillfactor = 70);
comment on table chat.generation is 'One reply''s way through the queue. state: queued -> running -> completed | failed | cancelled. fence rises with every claim, retry and cancel; a writer that names an older one writes nothing. turn: this agent''s round in which the person comes up (round-robin between persons). worker_id: who runs it, or ran it last. history: the attempts that ended without completing, as objects {attempt, worker, claimedAt, firstTokenAt, endedAt, outcome, error}.';
create index generation_queued on chat.generation (agent_id, priority desc, turn, id, run_at) where state = 'queued';
comment on index chat.generation_queued is 'Serves: chat.claim, the next generations of an agent.';
create index generation_queued_of_person on chat.generation (agent_id, person_id, turn) where state = 'queued';
comment on index chat.generation_queued_of_person is 'Serves: chat.next_turn, a person''s last turn at an agent.';
create index generation_queued_turn on chat.generation (agent_id, turn) where state = 'queued';
comment on index chat.generation_queued_turn is 'Serves: chat.next_turn, the turn an agent is at.';
create index generation_running on chat.generation (agent_id) where state = 'running';
comment on index chat.generation_running is 'Serves: chat.reap (expired leases), chat.claim (running per agent), the ops views. Without lease_until, so that a heartbeat stays a heap-only update.';
create index generation_failed on chat.generation (finished_at) include (agent_id) where state = 'failed';
comment on index chat.generation_failed is 'Serves: ops.stuck and ops.retry_failed.';
create index generation_finished on chat.generation (finished_at) where state in ('completed', 'failed', 'cancelled');
comment on index chat.generation_finished is 'Serves: ops.throughput, what finished in the last minutes.';

create table chat.chunk (
  message_id uuid not null,
  fence bigint not null,
  start_at integer not null,
  text text not null,
  constraint chunk_pkey primary key (message_id, start_at),
  constraint chunk_start_is_not_negative check (start_at >= 0),
  constraint chunk_text_is_not_empty check (text <> '')
);
comment on table chat.chunk is 'What has been streamed and not yet folded. start_at: offset in UTF-16 code units. Rows exist only for the fence that their generation has now, so the key goes without it: an index entry is a third of the WAL that a flush writes.';
-- rows live for seconds: vacuum by dead rows, not by a share of a table that is mostly empty
alter table chat.chunk set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_cost_delay = 0);
alter table chat.generation set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
