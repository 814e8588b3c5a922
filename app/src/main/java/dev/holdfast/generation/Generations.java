package dev.holdfast.generation;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The queue's functions for one attempt's life, each one statement that commits by itself. Thread-safe. */
public final class Generations {

    /** How a failed attempt ended. */
    public enum Outcome {
        RETRY,
        FAILED,
        FENCED
    }

    private final Statement statement;

    public Generations(DataSource dataSource) {
        this.statement = new Statement(dataSource);
    }

    private static final String CLAIM = """
            select generation_id, message_id, fence, agent_id, agent_handle, attempt, max_attempts, claim_latency_seconds
            from chat.claim(?, ?, make_interval(secs => ?))
            """;

    public List<Claimed> claim(long worker, int max, Duration lease) {
        return statement.rows(
                CLAIM,
                (row, number) -> new Claimed(
                        row.getLong(1),
                        worker,
                        row.getObject(2, UUID.class),
                        row.getLong(3),
                        row.getObject(4, UUID.class),
                        row.getString(5),
                        row.getInt(6),
                        row.getInt(7),
                        row.getDouble(8)),
                worker,
                max,
                seconds(lease));
    }

    /** An attempt whose worker went away: RETRY when it is queued again, FAILED when it was the last. */
    public record Reaped(String agentHandle, Outcome outcome) {}

    // looked up row by row: joined, whole tables would be read for what is empty nearly always
    private static final String REAP = """
            select r.outcome = 'failed', (
              select a.handle from chat.generation g join chat.account a on a.id = g.agent_id where g.id = r.generation_id)
            from chat.reap() r
            """;

    /** Queues again, or fails, what workers that went away left behind. */
    public List<Reaped> reap() {
        return statement.rows(
                REAP,
                (row, number) -> new Reaped(row.getString(2), row.getBoolean(1) ? Outcome.FAILED : Outcome.RETRY));
    }

    private static final String HEARTBEAT = """
            select generation_id
            from chat.heartbeat(?, ?::text::bigint[], ?::text::bigint[], make_interval(secs => ?))
            """;

    /** Renews the leases of all that the worker runs. @return the generations that are no longer its own */
    public List<Long> heartbeat(long worker, Collection<Claimed> running, Duration lease) {
        return statement.rows(
                HEARTBEAT,
                (row, number) -> row.getLong(1),
                worker,
                Statement.column(running, Claimed::id),
                Statement.column(running, Claimed::fence),
                seconds(lease));
    }

    private static final String CONTEXT =
            "select message_id, handle, display_name, content, own from chat.context(?, ?)";

    /** The channel's messages up to the asking one, newest first. */
    public List<ContextMessage> context(long generation, int max) {
        return statement.rows(
                CONTEXT,
                (row, number) -> new ContextMessage(
                        row.getObject(1, UUID.class),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getBoolean(5)),
                generation,
                max);
    }

    /** Keeps which messages the model is given. */
    public void setContext(Claimed claimed, List<UUID> messages) {
        statement.rows(
                "select chat.set_context(?, ?, ?::text::uuid[])",
                (row, number) -> true,
                claimed.id(),
                claimed.fence(),
                Statement.column(messages, id -> id));
    }

    private static final String FAIL = "select chat.fail(?, ?, ?, ?, ?, make_interval(secs => ?), ?, true)";

    /**
     * @param error what people read
     * @param retryAfter null: give up
     * @param partial all the text so far
     */
    public Outcome fail(Claimed claimed, String error, String code, @Nullable Duration retryAfter, String partial) {
        return statement
                .rows(
                        FAIL,
                        (row, number) -> Outcome.valueOf(row.getString(1).toUpperCase(java.util.Locale.ROOT)),
                        claimed.worker(),
                        claimed.message(),
                        claimed.fence(),
                        error,
                        code,
                        retryAfter == null ? null : seconds(retryAfter),
                        partial)
                .getFirst();
    }

    /** One reply to hand back: the attempt, and all its text so far. */
    public record Partial(Claimed claimed, String text) {}

    /** Queued again at once, the attempt not counted. Where one is busy, or its channel, ask again. @return how many */
    public int release(long worker, Collection<Partial> partials) {
        return statement
                .rows(
                        "select chat.release(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[])",
                        (row, number) -> row.getInt(1),
                        worker,
                        Statement.column(partials, partial -> partial.claimed().message()),
                        Statement.column(partials, partial -> partial.claimed().fence()),
                        Statement.column(partials, Partial::text))
                .getFirst();
    }

    /** Whether somebody stopped it for good. */
    public boolean cancelled(long generation) {
        return statement
                .rows("select state from chat.generation where id = ?", (row, number) -> row.getString(1), generation)
                .contains("cancelled");
    }

    /** PGJDBC-NG reads a text as an interval in its own, narrower, way; seconds it cannot mistake. */
    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
