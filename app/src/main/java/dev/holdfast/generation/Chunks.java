package dev.holdfast.generation;

import dev.holdfast.generation.Chunk.Refusal;
import dev.holdfast.generation.Statement.Column;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
                "select message_id, held from chat.start_thinking(?, ?)",
                Chunks::held,
                Column.of("uuid", replies, Claimed::message),
                Column.of("int8", replies, Claimed::fence));
    }

    /** Shows that text is coming; before the first chunk. Replies whose channel is busy are left out: ask again. */
    public List<Held> startStreaming(Collection<Claimed> replies) {
        return statement.rows(
                "select message_id, held from chat.start_streaming(?, ?)",
                Chunks::held,
                Column.of("uuid", replies, Claimed::message),
                Column.of("int8", replies, Claimed::fence));
    }

    private static final String APPEND = "select message_id, reason from chat.append_chunks(?, ?, ?, ?, ?, ?)";

    /** @return what was not written, and why */
    public Map<UUID, Refusal> append(long worker, Collection<Chunk> chunks) {
        var refused = new HashMap<UUID, Refusal>();
        statement.rows(
                APPEND,
                (row, number) -> refused.put(
                        row.getObject(1, UUID.class),
                        Refusal.valueOf(row.getString(2).toUpperCase(Locale.ROOT))),
                worker,
                Column.of("uuid", chunks, Chunk::message),
                Column.of("int8", chunks, Chunk::fence),
                Column.of("int4", chunks, Chunk::previousStart),
                Column.of("int4", chunks, Chunk::start),
                Column.of("text", chunks, Chunk::text));
        return refused;
    }

    /** How far the rows got. Replies that are no longer the worker's are left out. */
    public List<Durable> durable(long worker, Collection<Claimed> replies) {
        return statement.rows(
                "select message_id, last_start, last_text from chat.durable(?, ?, ?)",
                (row, number) -> new Durable(
                        row.getObject(1, UUID.class), (Integer) row.getObject(2), row.getString(3)),
                worker,
                Column.of("uuid", replies, Claimed::message),
                Column.of("int8", replies, Claimed::fence));
    }

    private static final String COMPLETE = "select message_id, held from chat.complete(?, ?, ?, ?, ?, ?)";

    /** The fold. Replies whose channel is busy are left out: ask again. */
    public List<Held> complete(long worker, Collection<Completion> replies) {
        return statement.rows(
                COMPLETE,
                Chunks::held,
                worker,
                Column.of("uuid", replies, Completion::message),
                Column.of("int8", replies, Completion::fence),
                Column.of("text", replies, Completion::content),
                Column.of("int4", replies, Completion::inputTokens),
                Column.of("int4", replies, Completion::outputTokens));
    }

    private static Held held(ResultSet row, int number) throws SQLException {
        return new Held(row.getObject(1, UUID.class), row.getBoolean(2));
    }
}
