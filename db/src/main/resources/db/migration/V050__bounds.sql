-- Bounds: to the words that are indexed, to what is read to count, to the attempts of what waits.

-- messages before generations, as everybody locks them: while the indexes are made (25 s for a million messages) people read
-- on and what is written waits
lock table chat.message in exclusive mode;

-- an entry holds less than 1 MB of words, and what it cannot hold cannot be written at all: 100,000 characters, four bytes
-- each and counted twice where hyphens join words, come to 0.8 MB at most
create index message_first_words on chat.message using gin (to_tsvector('simple', left(content, 100000)))
  where deleted_at is null and status in ('complete', 'stopped', 'failed');
drop index chat.message_words;
alter index chat.message_first_words rename to message_words;
comment on index chat.message_words is 'Serves: chat.search, the words of a message''s first 100,000 characters.';

create index message_failed on chat.message (author_id) where status = 'failed' and deleted_at is null;
comment on index chat.message_failed is 'Serves: ops.queue, how many replies of an agent failed, without reading them.';

-- a claim counts the attempt: one row without any left would stop the claims of all agents
update chat.generation set max_attempts = attempt + 1 where state = 'queued' and attempt >= max_attempts;
alter table chat.generation
  add constraint generation_queued_has_an_attempt_left check (state <> 'queued' or attempt < max_attempts);
