-- From text to mentions to generations, in the transaction of whoever wrote the text.
--
-- Functions that only others of ours call name schemas themselves and pin no search_path: pinning costs at every call, and
-- keeps PostgreSQL from planning them as a part of the query that calls them.

create or replace function chat.without_code(content text)
returns text
language plpgsql
immutable parallel safe
as $$
declare
  line text;
  rest text;             -- of the line, behind the marks of quotes and lists
  quotes integer;        -- how many quotes (>) the line is in
  indent integer;
  items integer[] := '{}'; -- where the text of each open list item begins
  inner_indent integer;  -- of the innermost one
  fence text;            -- the run of ` or ~ that opened the block we are in
  fence_quotes integer;
  fence_indent integer;
  run text;
  previous_blank boolean := true;
  previous_quotes integer := 0;
  in_indented boolean := false;
  prose text[] := '{}';  -- lines outside code blocks; an empty one ends a paragraph
begin
  if position('`' in content) = 0 and position('~~~' in content) = 0
     and content !~ '(^|\n)[ >]*(    |\t)' then
    return content;
  end if;
  foreach line in array string_to_array(replace(replace(content, E'\r', ''), E'\t', '    '), E'\n') loop
    rest := line;
    quotes := 0;
    if fence is null or fence_quotes > 0 then
      run := substring(line from '^(?: {0,3}> ?)+');
      if run is not null then
        rest := substr(line, length(run) + 1);
        quotes := length(replace(run, ' ', ''));
      end if;
    end if;
    indent := length(rest) - length(ltrim(rest, ' '));
    if fence is not null then
      if quotes >= fence_quotes and (rest = '' or indent >= fence_indent) then
        run := rtrim(ltrim(rest, ' '), ' ');
        if left(run, 1) = left(fence, 1) and indent < fence_indent + 4 and length(run) >= length(fence) and ltrim(run, left(fence, 1)) = '' then
          fence := null;
        end if;
        continue;
      end if;
      -- the quote or the list item that it is in has ended, and the block with it
      fence := null;
    end if;
    if quotes <> previous_quotes then
      prose := prose || ''::text;
      items := '{}';
      previous_blank := true;
      previous_quotes := quotes;
    end if;
    if ltrim(rest, ' ') = '' then
      prose := prose || ''::text;
      previous_blank := true;
      continue;
    end if;
    while items <> '{}' and indent < items[cardinality(items)] loop
      items := trim_array(items, 1);
    end loop;
    inner_indent := coalesce(items[cardinality(items)], 0);
    in_indented := indent >= inner_indent + 4 and (previous_blank or in_indented);
    if in_indented then
      continue;
    end if;
    previous_blank := false;
    rest := ltrim(rest, ' ');
    run := substring(rest from '^(?:[-*+]|\d{1,9}[.)])(?: {1,4}|$)');
    while run is not null and cardinality(items) < 20 loop
      prose := prose || ''::text;
      inner_indent := indent + length(run);
      items := items || inner_indent;
      rest := substr(rest, length(run) + 1);
      indent := inner_indent + length(rest) - length(ltrim(rest, ' '));
      rest := ltrim(rest, ' ');
      run := substring(rest from '^(?:[-*+]|\d{1,9}[.)])(?: {1,4}|$)');
    end loop;
    fence := coalesce(substring(rest from '^(`{3,})[^`]*$'), substring(rest from '^~{3,}'));
    if fence is not null then
      fence_quotes := quotes;
      fence_indent := inner_indent;
      prose := prose || ''::text;
      previous_blank := true;
    elsif left(rest, 1) = '#' then
      -- one by one: only a single element is appended in place
      prose := prose || ''::text;
      prose := prose || rest;
      prose := prose || ''::text;
      previous_blank := true;
    else
      prose := prose || rest;
    end if;
  end loop;
  return chat.without_code_spans(prose || ''::text);
end
$$;
comment on function chat.without_code(text) is
  'The text without its Markdown code: fenced blocks (``` and ~~~, also in quotes and list items), indented blocks and code spans.';

create or replace function chat.without_code_spans(lines text[])
returns text
language plpgsql
immutable parallel safe
as $$
declare
  paragraph text;
  tokens text[];
  last_of_length jsonb;  -- backtick run length -> index of its last run, so that an unclosed run costs no search
  place integer;
  length_of_run integer;
  escaped boolean;
  kept text[] := '{}';
begin
  foreach paragraph in array string_to_array(array_to_string(lines, E'\n'), E'\n\n') loop
    if position('`' in paragraph) = 0 then
      kept := kept || paragraph;
      kept := kept || E'\n\n'::text;
      continue;
    end if;
    -- without a second run there is no span: a text of many such paragraphs would cost two queries for each
    if paragraph !~ '`[^`]+`' then
      kept := kept || regexp_replace(paragraph, '`+', ' ', 'g');
      kept := kept || E'\n\n'::text;
      continue;
    end if;
    select array_agg(t[1] order by n) into tokens
    from regexp_matches(paragraph, '`+|\\+|[^`\\]+', 'g') with ordinality as r(t, n);
    select coalesce(jsonb_object_agg(run_length, last_place), '{}') into last_of_length
    from (
      select length(t) as run_length, max(n) as last_place
      from unnest(tokens) with ordinality as u(t, n)
      where t like '`%'
      group by length(t)
    ) runs;
    place := 1;
    escaped := false;
    while place <= cardinality(tokens) loop
      if left(tokens[place], 1) = '`' then
        length_of_run := length(tokens[place]) - escaped::integer;
        if length_of_run > 0 and (last_of_length ->> length_of_run::text)::integer > place then
          loop
            place := place + 1;
            exit when left(tokens[place], 1) = '`' and length(tokens[place]) = length_of_run;
          end loop;
        end if;
        kept := kept || ' '::text;
      else
        kept := kept || tokens[place];
      end if;
      escaped := left(tokens[place], 1) = '\' and length(tokens[place]) % 2 = 1;
      place := place + 1;
    end loop;
    kept := kept || E'\n\n'::text;
  end loop;
  return array_to_string(kept, '');
end
$$;
comment on function chat.without_code_spans(text[]) is
  'The lines without `code spans`: a run of backticks up to the next run of the same length in the same paragraph (an empty line ends it). A backslash escapes a backtick outside a span, never in it.';

create or replace function chat.mentioned_handles(content text)
returns setof text
language sql
immutable parallel safe
as $$
  select distinct lower(h.handle)
  from (
    -- cut at every @: what a regular expression looks at stays short, whatever the text
    select p.piece as after, lag(p.piece) over (order by p.n) as before, p.n, p.n = max(p.n) over () as is_last
    from string_to_table(
      regexp_replace(chat.without_code(content),
        -- URLs, and what a Markdown link leads to
        '(?:\m[a-z][a-z0-9+.-]{1,20}://|\mwww\.|\]\( *<?)[^\s<>"()]*(?:\([^\s<>"()]*\)[^\s<>"()]*)*', ' ', 'gi'),
      '@') with ordinality as p(piece, n)
    where position('@' in content) > 0
  ) cut
  cross join lateral substring(left(cut.after, 100) from '^([A-Za-z0-9](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9])?)(?![A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f]|[_-]+[A-Za-z0-9])') as h(handle)
  where h.handle is not null
    and (cut.n = 2 or cut.before <> '')
    -- not behind what may stand before the @ of an e-mail address, nor in a URL without a scheme (social.example/@ada)
    and right(cut.before, 200) !~* '(?:[a-z0-9](?:[._%+-]*[_%+-])?|\.[a-z]{2,24}(?::\d+)?/[^\s<>"()]*)$'
    and (cut.is_last or h.handle <> cut.after)
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
    from (
      -- a set operation, because a join of tables without statistics compares each with each
      select w.id, w.content from written w where w.status = 'complete' and w.deleted_at is null and position('@' in w.content) > 0
      except
      select b.id, b.content from before b where b.status = 'complete'
    ) w
    cross join lateral chat.mentioned_handles(w.content) as h(handle)
    join account a on a.handle = h.handle
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
as $$
  select greatest(
    coalesce((select max(g.turn) + 1 from chat.generation g
      where g.agent_id = agent and g.person_id = person and g.priority = of_priority and g.state = 'queued'), 0),
    -- one that waits for its next attempt keeps its early turn, and is no measure for the others
    coalesce((select min(g.turn) from chat.generation g
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
  -- what a transaction says first is heard first: so the workers wake before the relays. The generations' own trigger says
  -- the same again, which is nothing new
  perform pg_notify('generation_ready', '');
  with summoned as materialized (
    select chat.new_message_id() as reply_id, m.id as asked_by, m.channel_id, a.account_id as agent_id,
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
