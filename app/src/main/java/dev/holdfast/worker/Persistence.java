package dev.holdfast.worker;

import dev.holdfast.postgres.LostDatabase;
import java.sql.SQLException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;

/** Asks the database again until it answers or the reply is no longer ours: a slot outlives a restart of the database. */
final class Persistence {
    private static final long LONGEST_PAUSE_MILLIS = 2000;

    private final Reply reply;
    private final Semaphore connections;

    /** @param connections as many of the pool's as the slots may take, so that a hundred that begin don't keep the loops from theirs */
    Persistence(Reply reply, Semaphore connections) {
        this.reply = reply;
        this.connections = connections;
    }

    void run(Runnable statement) throws InterruptedException {
        get(() -> {
            statement.run();
            return true;
        });
    }

    /** @throws RuntimeException the statement's own error: the same every time, or the reply was lost meanwhile */
    <T> T get(Supplier<T> statement) throws InterruptedException {
        for (int failures = 0; ; failures++) {
            try {
                return withConnection(statement);
            } catch (RuntimeException e) {
                if (reply.lost() || isItsOwnFault(e)) throw e;
                Thread.sleep(Backoff.jittered(Math.min(LONGEST_PAUSE_MILLIS, 100L << Math.min(failures, 10))));
            }
        }
    }

    private <T> T withConnection(Supplier<T> statement) throws InterruptedException {
        connections.acquire();
        try {
            return statement.get();
        } finally {
            connections.release();
        }
    }

    /** Wrong data, wrong SQL, or refused by our own functions (class HF): no waiting mends that. */
    private static boolean isItsOwnFault(RuntimeException error) {
        if (!(error instanceof DataAccessException failed)) return !LostDatabase.inTheDriver(error);
        return failed.getMostSpecificCause() instanceof SQLException sql
                && sql.getSQLState() != null
                && sql.getSQLState().matches("(22|23|42|HF).*");
    }
}
