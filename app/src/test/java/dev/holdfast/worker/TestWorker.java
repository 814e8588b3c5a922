package dev.holdfast.worker;

import com.impossibl.postgres.jdbc.PGDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.Settings;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.model.Models;
import dev.holdfast.model.TestModels;
import dev.holdfast.postgres.ListenConnection;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.TcpProxy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;

/** A worker as in a process of its own, under the workers' role, over a test's model server and, through a proxy that can be broken, its database. */
final class TestWorker implements AutoCloseable {
    static final Duration LEASE = Duration.ofSeconds(4);

    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final HikariDataSource dataSource;
    final Worker worker;
    final TcpProxy proxy;
    private final ListenConnection listener;

    private TestWorker(TestDatabase at, Models models, Settings settings) {
        proxy = TcpProxy.to(at.host(), at.port());
        var database = new TestDatabase(at.host(), proxy.port(), at.name(), at.user(), at.password());
        dataSource = pool(database);
        listener = new ListenConnection(database.dataSource(), meters);
        worker = new Worker(settings, dataSource, models, listener, meters);
        listener.start();
        worker.start();
    }

    /** Connections under the workers' role. */
    static HikariDataSource pool(TestDatabase database) {
        var config = new HikariConfig();
        var source = (PGDataSource) database.dataSource();
        // as in the program's pools a connection gone silent ends, here after half the time; a query gives up after 8 s
        source.setNetworkTimeout(10_000);
        config.setDataSource(source);
        config.setConnectionInitSql("set role holdfast_worker; set statement_timeout = '8s'");
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
        return new TestWorker(database, TestModels.all(server), settings(slots, drainTimeout));
    }

    static TestWorker startWith(TestDatabase database, Models models, int slots) {
        return new TestWorker(database, models, settings(slots, Duration.ofSeconds(20)));
    }

    static Settings settings(int slots, Duration drainTimeout) {
        return new Settings(
                null, null, Settings.Role.WORKER, null, null, slots, Duration.ofMillis(25), LEASE, drainTimeout, 2, 6);
    }

    double count(String meter) {
        var counter = meters.find(meter).counter();
        return counter == null ? 0 : counter.count();
    }

    /** From now on none of its statements comes through, as if the process were stopped by SIGSTOP; its model goes on. */
    void freeze() {
        proxy.blackHole();
    }

    void thaw() {
        proxy.restore();
    }

    /** As SIGTERM does. */
    @Override
    public void close() {
        worker.stop();
        listener.stop();
        dataSource.close();
        proxy.close();
    }
}
