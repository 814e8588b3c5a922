package dev.holdfast.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The processor time that the server has spent for one connection, which a busy machine does not lengthen; where the
 * server's processes cannot be seen (in a container), the wall clock.
 */
final class BackendClock {

    private final Optional<ProcessHandle> backend;

    BackendClock(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("select pg_backend_pid()")) {
            row.next();
            backend = ProcessHandle.of(row.getLong(1))
                    .filter(process ->
                            process.info().command().orElse("postgres").contains("postgres"));
        }
    }

    long millis() {
        return backend.flatMap(process -> process.info().totalCpuDuration())
                .map(java.time.Duration::toMillis)
                .orElseGet(() -> System.nanoTime() / 1_000_000);
    }
}
