-- Search over what one may read.

create or replace function chat.search(account uuid, query text, max integer)
returns json
language sql
stable
security definer
set search_path = chat, pg_temp
as $$
  with mine as materialized (
    select m.channel_id from membership m where m.account_id = search.account
  ), wanted as materialized (
    -- the last word may be unfinished: people see hits while they type
    select case when numnode(q) > 0 then (q::text || ':*')::tsquery end as words
    from plainto_tsquery('simple', search.query) as q
  ), by_words as (
    select m.id, m.created_at
    from message m
    where m.deleted_at is null and m.status in ('complete', 'stopped', 'failed')
      and to_tsvector('simple', left(m.content, 100000)) @@ (select words from wanted)
      and m.channel_id in (select channel_id from mine)
    order by m.created_at desc
    limit search.max
  ), by_part as (
    -- words inside words and languages without spaces, among each channel's latest
    select r.id, r.created_at
    from mine
    cross join lateral (
      select m.id, m.created_at, m.content
      from message m
      where m.channel_id = mine.channel_id and m.deleted_at is null and m.status in ('complete', 'stopped', 'failed')
      order by m.position desc
      limit 2000
    ) r
    where (select count(*) from by_words) < search.max
      and position(lower(search.query) in lower(r.content)) > 0
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
comment on function chat.search(uuid, text, integer) is 'Messages of the account''s channels that hold the words (the last as a beginning) or the very text, newest first. Words behind a message''s first 100,000 characters are not found; the very text is, in a channel''s latest 2,000 messages.';
