-- What the model is given.

create or replace function chat.context(generation bigint, max_messages integer)
returns table (message_id uuid, handle text, display_name text, kind text, content text, own boolean)
language sql
stable
security definer
set search_path = chat, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
  select m.id, a.handle, a.display_name, a.kind, m.content, m.author_id = g.agent_id
  from chat.generation g
  -- without the question the newest of the others would be taken for it
  join chat.message asked on asked.id = g.asked_by_message
    and asked.deleted_at is null and asked.status <> 'failed' and asked.content <> ''
  -- the limit inside: the channel is read backwards by its index, however long it is
  cross join lateral (
    select x.id, x.author_id, x.content, x.position
    from chat.message x
    where x.channel_id = g.channel_id and x.position <= asked.position
      and x.deleted_at is null and x.content <> ''
      -- a reply that asked and is being written again holds the text it asked with
      and (x.status in ('complete', 'stopped') or x.id = asked.id)
    order by x.position desc
    limit max_messages
  ) m
  join account a on a.id = m.author_id
  where g.id = context.generation
  order by m.position desc
$$;
comment on function chat.context(bigint, integer) is
  'What the agent may know: the messages of its channel alone, newest first, from the asking one backwards; without deleted, failed and unfinished ones. Nothing when the asking one was deleted or failed.';

create or replace function chat.set_context(generation bigint, fence bigint, ids uuid[])
returns boolean
language sql
security definer
set search_path = chat, pg_temp
as $$
  update chat.generation g set context_ids = ids
  where g.id = set_context.generation and g.fence = set_context.fence and g.state = 'running'
  returning true
$$;
comment on function chat.set_context(bigint, bigint, uuid[]) is 'Keeps which messages the model was given. Null: the fence no longer holds.';
