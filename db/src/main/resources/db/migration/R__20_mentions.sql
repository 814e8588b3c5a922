-- From text to mentions to generations, in the transaction of whoever wrote the text.

create or replace function chat.without_code(content text)
returns text
language plpgsql
immutable parallel safe
set search_path = chat, pg_temp
as $$
declare
  line text;
  bare text;
  fence text;            -- the run of ` or ~ that opened the block we are in
  run text;
  prose text := '';      -- what is outside code blocks
  previous_blank boolean := true;
  in_indented boolean := false;
  in_list boolean := false;
begin
  if position('`' in content) = 0 and position('~~~' in content) = 0
     and content !~ '(^|\n)(    |\t)' then
    return content;
  end if;
  foreach line in array string_to_array(replace(content, E'\r', ''), E'\n') loop
    bare := regexp_replace(line, '^( {0,3}>[ ]?)+', '');
    if fence is not null then
      run := substring(bare from '^\s*(`{3,}|~{3,})\s*$');
      if run is not null and left(run, 1) = left(fence, 1) and length(run) >= length(fence) then
        fence := null;
        previous_blank := true;
      end if;
      continue;
    end if;
    run := coalesce(substring(bare from '^\s*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,})[^`]*$'), substring(bare from '^\s*(?:[-*+]\s+|\d+[.)]\s+)?(~{3,})'));
    if run is not null then
      fence := run;
      prose := prose || E'\n\n';
      continue;
    end if;
    if bare ~ '^\s*$' then
      previous_blank := true;
      prose := prose || E'\n\n';
      continue;
    end if;
    if bare ~ '^ {0,3}([-*+]|\d+[.)])\s' then
      in_list := true;
    elsif bare !~ '^\s' then
      in_list := false;
    end if;
    in_indented := not in_list and bare ~ '^(    | {0,3}\t)' and (previous_blank or in_indented);
    previous_blank := false;
    if not in_indented then
      prose := prose || bare || E'\n';
    end if;
  end loop;
  return chat.without_code_spans(prose);
end
$$;
comment on function chat.without_code(text) is
  'The text without its Markdown code: fenced blocks (``` and ~~~, also in quotes and list items), indented blocks and code spans.';

create or replace function chat.without_code_spans(content text)
returns text
language plpgsql
immutable parallel safe
set search_path = chat, pg_temp
as $$
declare
  paragraph text;
  tokens text[];
  last_of_length jsonb;  -- backtick run length -> index of its last run, so that an unclosed run costs no search
  place integer;
  ending integer;
  kept text[] := '{}';
begin
  if position('`' in content) = 0 then
    return content;
  end if;
  foreach paragraph in array regexp_split_to_array(content, '\n\s*\n') loop
    if position('`' in paragraph) = 0 then
      kept := kept || paragraph;
      continue;
    end if;
    select array_agg(t[1] order by n) into tokens
    from regexp_matches(paragraph, '`+|\\`|\\|[^`\\]+', 'g') with ordinality as r(t, n);
    select coalesce(jsonb_object_agg(run_length, last_place), '{}') into last_of_length
    from (
      select length(t) as run_length, max(n) as last_place
      from unnest(tokens) with ordinality as u(t, n)
      where t like '`%'
      group by length(t)
    ) runs;
    place := 1;
    while place <= cardinality(tokens) loop
      if tokens[place] like '`%' and (last_of_length ->> length(tokens[place])::text)::integer > place then
        ending := place + 1;
        while tokens[ending] <> tokens[place] loop
          ending := ending + 1;
        end loop;
        kept := kept || ' '::text;
        place := ending + 1;
      else
        kept := kept || tokens[place];
        place := place + 1;
      end if;
    end loop;
    kept := kept || E'\n\n'::text;
  end loop;
  return array_to_string(kept, '');
end
$$;
comment on function chat.without_code_spans(text) is
  'The text without `code spans`: a run of backticks up to the next run of the same length in the same paragraph.';

create or replace function chat.mentioned_handles(content text)
returns setof text
language sql
immutable parallel safe
set search_path = chat, pg_temp
as $$
  select distinct lower(found[1])
  from regexp_matches(
    regexp_replace(
      chat.without_code(content),
      '(?:\m[a-z][a-z0-9+.-]*://|\mwww\.)[^\s<>"()]*(?:\([^\s<>"()]*\)[^\s<>"()]*)*', ' ', 'gi'),
    -- not after what may stand before the @ of an e-mail address; not before what would make the handle longer
    '(?<![A-Za-z0-9._%+@-])@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9])?)(?![A-Za-z0-9@])', 'g') as found
  where position('@' in content) > 0
$$;
comment on function chat.mentioned_handles(text) is
  'The handles, in lower case, that a text mentions: @handle outside code, e-mail addresses and URLs. Whether they exist is for the caller to see.';

create or replace function chat.write_mentions()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    insert into mention (message_id, account_id)
    select w.id, a.id
    from written w
    cross join lateral chat.mentioned_handles(w.content) as h(handle)
    join account a on a.handle = h.handle
    where w.status = 'complete' and w.deleted_at is null and position('@' in w.content) > 0
    on conflict do nothing;
  else
    insert into mention (message_id, account_id)
    select w.id, a.id
    from written w
    join before b on b.id = w.id
    cross join lateral chat.mentioned_handles(w.content) as h(handle)
    join account a on a.handle = h.handle
    where w.status = 'complete' and w.deleted_at is null and position('@' in w.content) > 0
      and (b.content <> w.content or b.status <> w.status)
    on conflict do nothing;
  end if;
  return null;
end
$$;
comment on function chat.write_mentions() is
  'Statement trigger of message: writes the mentions of texts that are complete, new or changed.';

create or replace trigger message_20_insert_mentions
  after insert on chat.message
  referencing new table as written
  for each statement
  execute function chat.write_mentions();

create or replace trigger message_20_update_mentions
  after update on chat.message
  referencing new table as written old table as before
  for each statement
  execute function chat.write_mentions();

create or replace function chat.next_turn(agent uuid, person uuid, of_priority integer)
returns bigint
language sql
stable
set search_path = chat, pg_temp
as $$
  select greatest(
    coalesce((select max(g.turn) + 1 from generation g
      where g.agent_id = agent and g.person_id = person and g.priority = of_priority and g.state = 'queued'), 0),
    -- one that waits for its next attempt keeps its early turn, and is no measure for the others
    coalesce((select min(g.turn) from generation g
      where g.agent_id = agent and g.priority = of_priority and g.state = 'queued' and g.run_at <= now()), 0))
$$;
comment on function chat.next_turn(uuid, uuid, integer) is
  'The turn in which this person comes up next at this agent, among generations of one priority: one behind the person''s own last, and not before the turn the agent is at. So persons alternate, whoever queued more. Each priority has turns of its own.';

create or replace function chat.summon_agents()
returns trigger
language plpgsql
security definer
set search_path = chat, pg_temp
as $$
begin
  if not exists (select from mentioned n join agent a on a.account_id = n.account_id) then
    return null;
  end if;
  with summoned as materialized (
    select gen_random_uuid() as reply_id, m.id as asked_by, m.channel_id, a.account_id as agent_id,
      coalesce(g.person_id, m.author_id) as person_id,
      coalesce(g.depth, 0) + 1 as depth,
      row_number() over (partition by a.account_id, coalesce(g.person_id, m.author_id) order by m.position, m.id) - 1 as place
    from mentioned n
    join message m on m.id = n.message_id
    join account author on author.id = m.author_id
    join agent a on a.account_id = n.account_id
    join account own on own.id = a.account_id and own.disabled_at is null
    left join generation g on g.message_id = m.id
    where a.account_id <> m.author_id
      and (author.kind = 'human' or a.answers_agents)
      and coalesce(g.depth, 0) < 4
      and not exists (select from generation e where e.asked_by_message = m.id and e.agent_id = a.account_id)
  ), placeholders as (
    insert into message (id, channel_id, author_id, content, status, reply_to)
    select s.reply_id, s.channel_id, s.agent_id, '', 'queued', s.asked_by
    from summoned s
    order by s.channel_id, s.place
    returning id
  )
  insert into generation (message_id, asked_by_message, agent_id, channel_id, person_id, depth, turn)
  select s.reply_id, s.asked_by, s.agent_id, s.channel_id, s.person_id, s.depth,
    chat.next_turn(s.agent_id, s.person_id, 0) + s.place
  from summoned s
  join placeholders p on p.id = s.reply_id
  order by s.place;
  return null;
end
$$;
comment on function chat.summon_agents() is
  'Statement trigger of mention: for every agent that is mentioned, a placeholder reply and a queued generation. Agents answer agents only where answers_agents says so, at most 4 deep from the human message, and never themselves.';

create or replace trigger mention_10_summons_agents
  after insert on chat.mention
  referencing new table as mentioned
  for each statement
  execute function chat.summon_agents();
