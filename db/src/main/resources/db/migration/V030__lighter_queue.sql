-- Less to write for a flush, a change of state and a fold.

-- a fence counts claims: with four bytes a chunk's WAL record is eight bytes shorter. The table holds seconds of text.
alter table chat.chunk alter column fence type integer;
-- chunks come in the order of their keys and go as a whole: a full page that splits hands on one entry, not a tenth of it;
-- and a truncation would take an exclusive lock to save pages that are needed again at once
alter index chat.chunk_pkey set (fillfactor = 100);
alter table chat.chunk set (vacuum_truncate = false);

-- one index of what runs, where there were two: on the message, whose every change of status wrote it, and by agent
create index generation_running_in_channel on chat.generation (channel_id) where state = 'running';
comment on index chat.generation_running_in_channel is 'Serves: chat.running_text (the running replies of a channel), chat.reap (expired leases), chat.claim (running per agent), the ops views. Without lease_until, so that a heartbeat stays a heap-only update.';
drop index chat.generation_running;
drop index chat.message_unfinished;
