package dev.holdfast.worker;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.Settings;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.model.TestModels;
import dev.holdfast.postgres.ListenConnection;
import dev.holdfast.testing.ModelServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;

/** A worker as in a process of its own, under the workers' role, over a test's database and model server. */
final class TestWorker implements AutoCloseable {
    static final Duration LEASE = Duration.ofSeconds(2);

    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final HikariDataSource dataSource;
    final Worker worker;
    private final ListenConnection listener;

    private TestWorker(TestDatabase database, ModelServer server, Settings settings) {
        dataSource = pool(database);
        listener = new ListenConnection(database.dataSource(), meters);
        worker = new Worker(settings, dataSource, TestModels.all(server), listener, meters);
        listener.start();
        worker.start();
    }

    /** Connections under the workers' role. */
    static HikariDataSource pool(TestDatabase database) {
        var config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setConnectionInitSql("set role holdfast_worker");
        config.setMaximumPoolSize(6);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(2_000);
        config.setValidationTimeout(1_000);
        return new HikariDataSource(config);
    }

    static TestWorker start(TestDatabase database, ModelServer server) {
        return start(database, server, 64);
    }

    static TestWorker start(TestDatabase database, ModelServer server, int slots) {
        return start(database, server, slots, Duration.ofSeconds(20));
    }

    static TestWorker start(TestDatabase database, ModelServer server, int slots, Duration drainTimeout) {
        return new TestWorker(database, server, settings(slots, drainTimeout));
    }

    static Settings settings(int slots, Duration drainTimeout) {
        return new Settings(
                null, null, Settings.Role.WORKER, null, null, slots, Duration.ofMillis(25), LEASE, drainTimeout, 2, 6);
    }

    double count(String meter) {
        var counter = meters.find(meter).counter();
        return counter == null ? 0 : counter.count();
    }

    /** As SIGTERM does. */
    @Override
    public void close() {
        worker.stop();
        listener.stop();
        dataSource.close();
    }
}
