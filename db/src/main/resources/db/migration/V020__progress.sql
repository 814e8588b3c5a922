-- What operators ask about a reply that runs: does it still get on, and in how many flushes was it written?
alter table chat.generation
  add column progress_at timestamptz,
  add column progress_start integer,
  add column flushes integer;
comment on column chat.generation.progress_at is 'When a heartbeat last saw new text of a running reply; the text itself carries no times.';
comment on column chat.generation.progress_start is 'Where the last chunk began that a heartbeat saw.';
comment on column chat.generation.flushes is 'In how many chunks the completed reply had been streamed.';

-- turns are counted apart for each priority: who has a thousand retried replies waiting is no later with a fresh mention
drop index chat.generation_queued_of_person;
drop index chat.generation_queued_turn;
create index generation_queued_of_person on chat.generation (agent_id, person_id, priority, turn) where state = 'queued';
comment on index chat.generation_queued_of_person is 'Serves: chat.next_turn, a person''s last turn at an agent.';

create index audit_of_subject on chat.audit (subject, id);
comment on index chat.audit_of_subject is 'Serves: what administrators did to one generation, agent or worker (the story on /ops).';
