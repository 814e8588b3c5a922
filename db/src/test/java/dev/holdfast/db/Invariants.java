package dev.holdfast.db;

/** What holds in every database at every moment, as a query that returns a sentence for each breach. */
final class Invariants {

    static final String SQL = """
            select 'channel ' || c.name || ' is at seq ' || c.seq || ', its last message at ' || coalesce(max(m.seq), 0)
            from chat.channel c left join chat.message m on m.channel_id = c.id
            group by c.id having c.seq <> coalesce(max(m.seq), 0)
            union all
            select 'a chunk of fence ' || c.fence || ' is left over: its generation is ' || g.state || ' at fence ' || g.fence
            from chat.chunk c left join chat.generation g on g.message_id = c.message_id
            where (g.state = 'running' and g.fence = c.fence) is not true
            union all
            select 'reply ' || m.id || ' shows ' || m.status || ', its generation is ' || g.state
            from chat.message m join chat.generation g on g.message_id = m.id
            where m.status <> all(case g.state
              when 'queued' then array['queued']
              when 'running' then array['queued', 'thinking', 'streaming']
              when 'completed' then array['complete']
              when 'failed' then array['failed']
              when 'cancelled' then array['stopped'] end)
            union all
            select 'reply ' || m.id || ' is not the agent''s answer to the asking message in its channel'
            from chat.generation g join chat.message m on m.id = g.message_id join chat.message q on q.id = g.asked_by_message
            where (m.author_id, m.reply_to, m.channel_id, q.channel_id) is distinct from (g.agent_id, g.asked_by_message, g.channel_id, g.channel_id)
            union all
            select 'reply ' || m.id || ' was written under fence ' || m.text_fence || ', its generation is at ' || g.fence
            from chat.message m join chat.generation g on g.message_id = m.id where m.text_fence > g.fence
            union all
            select 'message ' || m.id || ' is ' || m.status || ' without a generation'
            from chat.message m where m.status <> 'complete' and not exists (select from chat.generation g where g.message_id = m.id)
            union all
            select 'chunks of reply ' || c.message_id || ' do not follow one another: ' || string_agg(c.start_at || '+' || length(c.text), ' ' order by c.start_at)
            from (
              select k.*, lag(k.start_at + length(k.text)) over (partition by k.message_id order by k.start_at) as expected from chat.chunk k
              where k.text ~ '^[\\x01-\\xff]*$'
            ) c
            group by c.message_id
            having bool_or(c.expected is not null and c.start_at < c.expected)
            """;

    private Invariants() {}
}
