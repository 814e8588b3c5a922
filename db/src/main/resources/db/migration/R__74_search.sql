-- Search over what one may read.

create or replace function chat.search(account uuid, query text, max integer)
returns json
language sql
stable
security definer
set search_path = chat, pg_temp
set work_mem = '64MB' -- of an usual word's hits in millions of messages each would be read and parsed again
as $$
  with mine as materialized (
    select m.channel_id, count(*) over () as channels from membership m where m.account_id = search.account
  ), wanted as materialized (
    -- the last word may be unfinished: people see hits while they type
    select case when numnode(q) > 0 then (q::text || ':*')::tsquery end as words
    from plainto_tsquery('simple', search.query) as q
  ), worded as materialized (
    -- whoever's they are: with the channels in one condition the index is read once for each of them, or none is used
    select m.id, m.channel_id, m.created_at
    from message m
    where m.deleted_at is null and m.status in ('complete', 'stopped', 'failed')
      and to_tsvector('simple', left(m.content, 100000)) @@ (select words from wanted)
  ), by_words as (
    select w.id, w.created_at
    from worded w
    where w.channel_id in (select channel_id from mine)
    order by w.created_at desc
    limit search.max
  ), latest as (
    -- of so many messages at most a search looks at the length: who is in many channels has fewer of each looked at
    select r.id, r.created_at, sum(r.bytes) over (order by r.created_at desc, r.id rows unbounded preceding) as bytes
    from mine
    cross join lateral (
      select m.id, m.created_at, octet_length(m.content) as bytes, m.deleted_at, m.status
      from message m
      where m.channel_id = mine.channel_id
      order by m.position desc
      limit least(2000, 50000 / mine.channels)
    ) r
    -- not within: without statistics the words' index, which is of such messages, would be read whole for each channel
    where r.deleted_at is null and r.status in ('complete', 'stopped', 'failed')
      and (select count(*) from by_words) < search.max
  ), by_part as (
    -- words inside words and languages without spaces: every text is read for it, 4 MB in a quarter of a second
    select r.id, r.created_at
    from latest r
    where r.bytes <= 4 * 1024 * 1024
      and position(lower(search.query) in lower((select m.content from message m where m.id = r.id))) > 0
    order by r.created_at desc
    limit search.max
  ), hits as (
    select id, created_at from by_words
    union
    select id, created_at from by_part
    order by created_at desc
    limit search.max
  )
  select coalesce(json_agg(chat.message_json(m) order by m.created_at desc), '[]')
  from hits
  join message m on m.id = hits.id
$$;
comment on function chat.search(uuid, text, integer) is 'Messages of the account''s channels that hold the words (the last as a beginning) or the very text, newest first. Words behind a message''s first 100,000 characters are not found; the very text is, in the newest 4 MB of all that the account may read, of a channel''s latest 2,000 messages (with more than 25 channels, 50,000 of all).';

create or replace function chat.take_search(account uuid)
returns boolean
language sql
volatile
security definer
set search_path = chat, pg_temp
as $$
  -- they end with the transaction, however that ends
  select case
    when pg_try_advisory_xact_lock(7214, hashtext(take_search.account::text)) then true
    else pg_try_advisory_xact_lock(7215, hashtext(take_search.account::text))
  end
$$;
comment on function chat.take_search(uuid) is 'Whether the account may search until the end of the transaction: two of its searches run at once, on all nodes together.';
