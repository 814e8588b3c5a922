package dev.holdfast.generation;

import java.util.List;
import javax.sql.DataSource;

/** The rows of worker processes. Thread-safe. */
public final class Workers {

    /** What a worker's row says of it. */
    public enum Standing {
        WORKING,
        DRAINING,
        /** the row is gone: register anew */
        UNKNOWN
    }

    private final Statement statement;

    public Workers(DataSource dataSource) {
        this.statement = new Statement(dataSource);
    }

    public long register(String name, int slots) {
        return statement
                .rows("select chat.register_worker(?, ?)", (row, number) -> row.getLong(1), name, slots)
                .getFirst();
    }

    public Standing standing(long worker) {
        List<Standing> found = statement.rows(
                "select draining from chat.worker where id = ?",
                (row, number) -> row.getBoolean(1) ? Standing.DRAINING : Standing.WORKING,
                worker);
        return found.isEmpty() ? Standing.UNKNOWN : found.getFirst();
    }

    public void startDrain(long worker) {
        statement.rows("select chat.start_drain(?)", (row, number) -> true, worker);
    }

    public void unregister(long worker) {
        statement.rows("select chat.unregister_worker(?)", (row, number) -> true, worker);
    }
}
