package dev.holdfast.worker;

import dev.holdfast.postgres.LostDatabase;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;

/** Asks the database again until it answers or the reply is no longer ours: a slot outlives a restart of the database. */
final class Persistence {
    private static final long LONGEST_PAUSE_MILLIS = 2000;

    private final Reply reply;
    private final ExecutorService threads;

    /** @param threads see {@link #threads} */
    Persistence(Reply reply, ExecutorService threads) {
        this.reply = reply;
        this.threads = threads;
    }

    /**
     * The threads that ask the database for all slots of a process. Platform threads: a virtual one would wait, between
     * its question and the answer, behind all the models' streams, and hold its connection meanwhile. Idle ones end.
     *
     * @param connections as many of the pool's as the slots may take, so that a hundred that begin don't keep the loops
     *     from theirs
     */
    static ExecutorService threads(int connections) {
        var factory = Thread.ofPlatform().name("holdfast-slots-", 1).daemon().factory();
        var threads = new ThreadPoolExecutor(
                connections, connections, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /** @throws RuntimeException the statement's own error: the same every time, or the reply was lost meanwhile */
    <T> T get(Supplier<T> statement) throws InterruptedException {
        for (int failures = 0; ; failures++) {
            try {
                return once(statement);
            } catch (RuntimeException e) {
                if (reply.lost() || isItsOwnFault(e)) throw e;
                Thread.sleep(Backoff.jittered(Math.min(LONGEST_PAUSE_MILLIS, 100L << Math.min(failures, 10))));
            }
        }
    }

    /** Asks but once: for what nothing depends on. */
    <T> T once(Supplier<T> statement) throws InterruptedException {
        try {
            return threads.submit(statement::get).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            throw new IllegalStateException(e.getCause());
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
