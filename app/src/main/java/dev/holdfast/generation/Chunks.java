package dev.holdfast.generation;

import dev.holdfast.generation.Chunk.Refusal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;

/** What a flush does, each one statement for all replies that need it. One thread per worker. */
public final class Chunks {
    private final Statement statement;

    public Chunks(DataSource dataSource) {
        this.statement = new Statement(dataSource);
    }

    /** Shows that the model has been asked. Replies whose channel is busy are left out: ask again. */
    public List<Held> startThinking(Collection<Claimed> replies) {
        return statement.rows(
                "select message_id, held from chat.start_thinking(?::text::uuid[], ?::text::bigint[])",
                Chunks::held,
                Statement.column(replies, Claimed::message),
                Statement.column(replies, Claimed::fence));
    }

    /** Shows that text is coming; before the first chunk. Replies whose channel is busy are left out: ask again. */
    public List<Held> startStreaming(Collection<Claimed> replies) {
        return statement.rows(
                "select message_id, held from chat.start_streaming(?::text::uuid[], ?::text::bigint[])",
                Chunks::held,
                Statement.column(replies, Claimed::message),
                Statement.column(replies, Claimed::fence));
    }

    private static final String APPEND = """
            select message_id, reason
            from chat.append_chunks(?, ?::text::uuid[], ?::text::bigint[], ?::text::int[], ?::text::int[], ?::text::text[])
            """;

    /** @return what was not written, and why */
    public Map<UUID, Refusal> append(long worker, Collection<Chunk> chunks) {
        var refused = new HashMap<UUID, Refusal>();
        statement.rows(
                APPEND,
                (row, number) -> refused.put(
                        row.getObject(1, UUID.class),
                        Refusal.valueOf(row.getString(2).toUpperCase(Locale.ROOT))),
                worker,
                Statement.column(chunks, Chunk::message),
                Statement.column(chunks, Chunk::fence),
                Statement.column(chunks, Chunk::previousStart),
                Statement.column(chunks, Chunk::start),
                Statement.column(chunks, Chunk::text));
        return refused;
    }

    /** How far the rows got. Replies that are no longer the worker's are left out. */
    public List<Durable> durable(long worker, Collection<Claimed> replies) {
        return statement.rows(
                "select message_id, last_start, last_text from chat.durable(?, ?::text::uuid[], ?::text::bigint[])",
                (row, number) ->
                        new Durable(row.getObject(1, UUID.class), (Integer) row.getObject(2), row.getString(3)),
                worker,
                Statement.column(replies, Claimed::message),
                Statement.column(replies, Claimed::fence));
    }

    private static final String COMPLETE = """
            select message_id, held
            from chat.complete(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[], ?::text::int[], ?::text::int[],
              ?::text::text[], ?::text::text[])
            """;

    /** The fold. Replies that are busy, or their channel, are left out: ask again. */
    public List<Held> complete(long worker, Collection<Completion> replies) {
        return statement.rows(
                COMPLETE,
                Chunks::held,
                worker,
                Statement.column(replies, Completion::message),
                Statement.column(replies, Completion::fence),
                Statement.column(replies, Completion::content),
                Statement.column(replies, Completion::inputTokens),
                Statement.column(replies, Completion::outputTokens),
                Statement.column(replies, Completion::error),
                Statement.column(replies, Completion::errorCode));
    }

    private static final String COMPLETED = """
            select g.message_id
            from unnest(?::text::uuid[], ?::text::bigint[]) as i(message_id, fence)
            join chat.generation g on g.message_id = i.message_id and g.fence = i.fence
            where g.state = 'completed'
            """;

    /** Which of these were folded under their own fence: the answer to a fold may have been lost with the connection. */
    public Set<UUID> completed(Collection<Claimed> replies) {
        return Set.copyOf(statement.rows(
                COMPLETED,
                (row, number) -> row.getObject(1, UUID.class),
                Statement.column(replies, Claimed::message),
                Statement.column(replies, Claimed::fence)));
    }

    private static Held held(ResultSet row, int number) throws SQLException {
        return new Held(row.getObject(1, UUID.class), row.getBoolean(2));
    }
}
