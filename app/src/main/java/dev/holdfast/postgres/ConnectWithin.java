package dev.holdfast.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Gives an attempt to connect up after a while. The driver waits a fixed 60 s for the answer to its question whether the
 * server speaks TLS, and isn't woken when a server that is going down closes the connection instead: a pool, which makes
 * one connection at a time, would stand still for that long after a restart. Thread-safe.
 */
final class ConnectWithin extends DelegatingDataSource {

    private final Duration longest;

    ConnectWithin(DataSource unpooled, Duration longest) {
        super(unpooled);
        this.longest = longest;
    }

    @Override
    public Connection getConnection() throws SQLException {
        var attempt = new FutureTask<>(() -> obtainTargetDataSource().getConnection());
        Thread.ofPlatform().daemon().name("holdfast-connect").start(attempt);
        try {
            return attempt.get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof SQLException refused ? refused : new SQLException(e.getCause());
        } catch (TimeoutException e) {
            closeWhenItComes(attempt);
            throw new SQLException("no connection within " + longest.toSeconds() + " s", "08001");
        } catch (InterruptedException e) {
            closeWhenItComes(attempt);
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while connecting", "08001", e);
        }
    }

    private static void closeWhenItComes(FutureTask<Connection> attempt) {
        Thread.ofPlatform().daemon().name("holdfast-connect-late").start(() -> {
            try {
                attempt.get().close();
            } catch (ExecutionException | SQLException e) {
                // it failed at last, which is known already
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
