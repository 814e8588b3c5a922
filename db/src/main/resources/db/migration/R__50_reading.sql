-- What readers get: messages as JSON, made here alone, for REST and feed alike.

create or replace function chat.utc(at timestamptz)
returns text
language sql
stable parallel safe -- as to_char is; called immutable, it could not be inlined
as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function chat.utc(timestamptz) is 'A time as ISO 8601 in UTC, whatever the session''s time zone.';

create or replace function chat.text_of(m chat.message)
returns text
language plpgsql
stable
set plan_cache_mode = force_generic_plan -- see chat.message_json
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  if m.status not in ('queued', 'thinking', 'streaming') then
    return m.content;
  end if;
  return coalesce((select string_agg(c.text, '' order by c.fence, c.start_at) from chat.chunk c where c.message_id = m.id), m.content);
end
$$;
comment on function chat.text_of(chat.message) is
  'The text of a message: of a running reply its chunks, or the text of an earlier attempt as long as it has none.';

create or replace function chat.message_json(m chat.message)
returns json
language plpgsql
stable
-- Planned once for each connection. What a plan of its own for each call costs is more than the call, and the estimate by
-- which PostgreSQL would choose between the two does not see that where many chunks are about.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off -- by key, whatever the tables held when it was planned
set enable_bitmapscan = off
as $$
begin
  return (
    select case when g.id is null then
      json_build_object('id', m.id, 'channelId', m.channel_id,
        'author', json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'kind', a.kind),
        'content', m.content, 'status', m.status, 'seq', m.seq, 'position', m.position, 'replyTo', m.reply_to,
        'createdAt', chat.utc(m.created_at), 'editedAt', chat.utc(m.edited_at), 'deleted', m.deleted_at is not null)
    else
      json_build_object('id', m.id, 'channelId', m.channel_id,
        'author', json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'kind', a.kind),
        'content', chat.text_of(m), 'status', m.status, 'seq', m.seq, 'position', m.position, 'replyTo', m.reply_to,
        'createdAt', chat.utc(m.created_at), 'editedAt', chat.utc(m.edited_at), 'deleted', m.deleted_at is not null,
        'textFence', coalesce((select max(c.fence) from chat.chunk c where c.message_id = m.id), m.text_fence),
        'generation', json_build_object('id', g.id, 'state', g.state, 'attempt', g.attempt, 'maxAttempts', g.max_attempts,
          'fence', g.fence, 'runAt', chat.utc(g.run_at), 'error', g.error, 'errorCode', g.error_code, 'model', n.model,
          'queuedAt', chat.utc(g.queued_at), 'firstTokenAt', chat.utc(g.first_token_at), 'finishedAt', chat.utc(g.finished_at)))
    end
    from chat.account a
    left join chat.generation g on g.message_id = m.id
    left join chat.agent n on n.account_id = g.agent_id
    where a.id = m.author_id);
end
$$;
comment on function chat.message_json(chat.message) is
  'A message as the contract''s JSON. content of a running reply is all its text so far, written under textFence. position gives the order on the page.';

drop function if exists chat.running_text(uuid, uuid[], bigint[], integer[]);

create or replace function chat.running_text(channels uuid[], messages uuid[], fences bigint[], last_starts integer[])
returns table (channel_id uuid, message_id uuid, fence bigint, at integer, text text, last_start integer)
language sql
stable
set search_path = chat, pg_temp
set plan_cache_mode = force_generic_plan -- see chat.message_json; one made for a call's own arrays takes twice as long, too
as $$
  select g.channel_id, g.message_id, g.fence, fresh.at, fresh.text, fresh.last_start
  -- offset 0: a look-up by key for each channel and for each reply, whatever the statistics of tables that change by the
  -- second say; and of a long reply only what is new is read
  from unnest(channels) as asked(channel_id)
  cross join lateral (
    select x.channel_id, x.message_id, x.fence from generation x
    where x.channel_id = asked.channel_id and x.state = 'running' offset 0
  ) g
  left join unnest(messages, fences, last_starts) as known(message_id, fence, last_start)
    on known.message_id = g.message_id and known.fence = g.fence
  cross join lateral (
    select min(c.start_at), string_agg(c.text, '' order by c.start_at), max(c.start_at)
    from chunk c
    where c.message_id = g.message_id and c.start_at > coalesce(known.last_start, -1)
    offset 0
  ) fresh(at, text, last_start)
  where fresh.at is not null
$$;
comment on function chat.running_text(uuid[], uuid[], bigint[], integer[]) is
  'New text of the running replies of these channels: after the chunk that the caller has last seen of a reply under its fence, or all of it. at: offset of the text in UTF-16 code units; last_start: where its last chunk begins.';

create or replace function chat.batch_end(channel uuid, after bigint, head bigint)
returns bigint
language sql
stable
as $$
  select coalesce(
    (select min(b.seq)
    from (
      select a.seq, row_number() over upwards as number, sum(octet_length(a.content)) over upwards as bytes
      from (
        select m.seq, m.content
        from chat.message m
        where m.channel_id = channel and m.seq > after and m.seq <= head
        order by m.seq
        limit 5000
      ) a
      window upwards as (order by a.seq)
    ) b
    where b.number = 5000 or b.bytes >= 2 * 1024 * 1024),
    head)
$$;
comment on function chat.batch_end(uuid, bigint, bigint) is
  'Up to which seq one batch of changes goes: 5,000 messages or 2 MB of text, which as JSON are up to six times as much, so that nobody who was away for long is handed a whole channel in one piece, and none is larger than a driver takes.';

-- CREATE OR REPLACE cannot change what a function returns
drop function if exists chat.channel_changes(uuid[], bigint[], uuid[], bigint[], integer[]);
create function chat.channel_changes(channels uuid[], afters bigint[], messages uuid[], fences bigint[], last_starts integer[])
returns table (channel_id uuid, after bigint, seq bigint, messages_json text, text_json text, marks text, last_changed uuid)
language sql
stable
security definer
set search_path = chat, pg_temp
set plan_cache_mode = force_generic_plan -- see chat.message_json
set enable_seqscan = off -- chunk fills and empties by the second: by its key, whatever the statistics say
set enable_bitmapscan = off
as $$
  with asked as materialized (
    select c.id, a.after, c.seq as head,
      case when c.seq - a.after <= 4 then c.seq else chat.batch_end(c.id, a.after, c.seq) end as upto
    from unnest(channels, afters) as a(channel_id, after)
    join channel c on c.id = a.channel_id
  ), running as materialized (
    select t.channel_id,
      '[' || string_agg(json_build_object('message', t.message_id, 'fence', t.fence, 'at', t.at, 'text', t.text)::text, ',') || ']' as json,
      string_agg(t.message_id || ' ' || t.fence || ' ' || t.last_start, E'\n') as marks
    from chat.running_text(channels, messages, fences, last_starts) t
    group by t.channel_id
  )
  select asked.id, asked.after, asked.upto, coalesce(changed.json, '[]'), coalesce(running.json, '[]'), coalesce(running.marks, ''),
    case when asked.upto > asked.after then (select m.id from message m where m.channel_id = asked.id and m.seq = asked.upto) end
  from asked
  left join lateral (
    select '[' || string_agg(chat.message_json(m)::text, ',' order by m.seq) || ']' as json
    from message m
    where m.channel_id = asked.id and m.seq > asked.after and m.seq <= asked.upto
  ) changed on asked.upto > asked.after
  -- text of replies that the caller has yet to hear of would not fit
  left join running on running.channel_id = asked.id and asked.upto = asked.head
$$;
comment on function chat.channel_changes(uuid[], bigint[], uuid[], bigint[], integer[]) is
  'For the relay, one select for all channels that woke it: messages changed after its cursor, text appended after the chunks it has seen. After more than 4 changes seq may be short of the channel''s: ask again from there. marks: a line "message fence last_start" for each reply with new text, to be passed the next time. last_changed: the message that has this seq; null when nothing changed.';

create or replace function chat.unread(m chat.membership)
returns bigint
language sql
stable
as $$
  select count(*)
  from (
    select from chat.message u
    where u.channel_id = m.channel_id
      and u.seq > m.last_read_seq
      and (u.position > m.last_read_seq or u.edited_at is null and u.status in ('complete', 'failed'))
      and u.author_id <> m.account_id
      and u.deleted_at is null
    limit 100 -- nobody is shown more than 99+, and who comes back to hundreds of channels waits for all these rows
  ) counted
$$;
comment on function chat.unread(chat.membership) is
  'What others have written since the account read the channel, and what an agent has finished since that was read while it grew; counted up to 100.';

create or replace function chat.channels_of(accounts uuid[])
returns table (account_id uuid, channel_id uuid, seq bigint, last_changed uuid, last_read_seq bigint)
language plpgsql
stable
set plan_cache_mode = force_generic_plan -- see chat.message_json: asked at every connection of a browser
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  return query
  select m.account_id, m.channel_id, c.seq,
    (select h.id from chat.message h where h.channel_id = c.id and h.seq = c.seq),
    m.last_read_seq
  from chat.membership m
  join chat.channel c on c.id = m.channel_id
  join chat.account a on a.id = m.account_id
  where m.account_id = any(accounts) and a.disabled_at is null;
end
$$;
comment on function chat.channels_of(uuid[]) is
  'For the feed: the channels that these accounts may read, where each channel stands (its seq, and the message that changed last) and up to where the account has read it. None for accounts that are disabled or gone.';

create or replace function chat.changes(channel uuid, after bigint)
returns json
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  select json_build_object('after', d.after, 'seq', d.seq, 'messages', d.messages_json::json, 'text', d.text_json::json)
  from chat.channel_changes(array[channel], array[after], '{}', '{}', '{}') d
$$;
comment on function chat.changes(uuid, bigint) is
  'What changed in a channel after a seq: {after, seq, messages, text}, all of it, or the first 5,000 messages or 2 MB: ask again from seq until nothing comes. A client ahead of seq throws its copy away and asks again from 0.';

create or replace function chat.changes(channel uuid, after bigint, seen uuid[])
returns json
language sql
stable
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
as $$
  select case when exists (
      select from unnest(seen) with ordinality as s(message_id, place)
      left join message m on m.id = s.message_id and m.channel_id = changes.channel
      where m.id is null or (s.place = 1 and m.seq < after))
    then json_build_object('after', after, 'seq', 0, 'messages', '[]'::json, 'text', '[]'::json)
    else chat.changes(channel, after) end
$$;
comment on function chat.changes(uuid, bigint, uuid[]) is
  'The same for a reader that tells what it has seen: messages that had changed up to after, the one that has this seq first (none: nothing is checked). Where the channel lacks one of them it was restored from a backup, though it may have come past after again, and the reader is told to begin from 0.';

create or replace function chat.history(channel uuid, before bigint, max integer)
returns json
language sql
stable
security definer
set search_path = chat, pg_temp
set enable_seqscan = off -- chunk fills and empties by the second: by its key, whatever the statistics say
set enable_bitmapscan = off
as $$
  select coalesce(json_agg(chat.message_json(p.message) order by p.position desc), '[]')
  from (
    select x as message, x.position, sum(octet_length(x.content)) over (order by x.position desc) - octet_length(x.content) as above
    from message x
    where x.channel_id = channel and (before is null or x.position < before)
    order by x.position desc
    limit max
  ) p
  where p.above < 2 * 1024 * 1024
$$;
comment on function chat.history(uuid, bigint, integer) is
  'A page of a channel''s messages, newest first: those inserted before the given seq (null: the newest), fewer where 2 MB of text are reached sooner.';
