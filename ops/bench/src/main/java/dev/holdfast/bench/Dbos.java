package dev.holdfast.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.dbos.transact.DBOS;
import dev.dbos.transact.DBOSClient;
import dev.dbos.transact.DBOSClient.EnqueueOptions;
import dev.dbos.transact.StartWorkflowOptions;
import dev.dbos.transact.config.DBOSConfig;
import dev.dbos.transact.migrations.MigrationManager;
import dev.dbos.transact.workflow.Queue;
import dev.dbos.transact.workflow.Workflow;
import dev.holdfast.bench.Server.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * DBOS Transact for Java in a database of its own, through the PostgreSQL driver that it brings, with its defaults.
 * Each call launches it anew, so that what is enqueued before waits in the database, as it does for the other sides.
 */
final class Dbos implements AutoCloseable {

    private static final String VERSION = "bench";
    private static final Queue QUEUE = new Queue("generations").withPollingInterval(Duration.ofMillis(100));
    private static final String KEY = "text";

    /** What runs as workflows. */
    interface Workflows {

        String generate(String question);

        void stream(int chunks, int perSecond);
    }

    private record Written(DBOS engine, String text, CountDownLatch done) implements Workflows {

        @Override
        @Workflow(name = "generate")
        public String generate(String question) {
            var answer = engine.runStep(() -> text, "model");
            done.countDown();
            return answer;
        }

        @Override
        @Workflow(name = "stream")
        public void stream(int chunks, int perSecond) {
            var next = System.nanoTime();
            for (int n = 0; n < chunks; n++) {
                LockSupport.parkNanos(next - System.nanoTime());
                next += 1_000_000_000L / perSecond;
                engine.writeStream(KEY, System.nanoTime());
            }
            engine.closeStream(KEY);
        }
    }

    private final Database database = Server.empty();
    private final HikariDataSource pool;
    private final int threads;

    /** @param threads connections that work at once */
    Dbos(int threads) {
        this.threads = threads;
        var config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://127.0.0.1:%d/%s".formatted(database.port(), database.name()));
        config.setUsername("postgres");
        config.setPassword("postgres");
        config.setMaximumPoolSize(threads + 2);
        // all workflows start at once and wait for a connection: none may fail of it
        config.setConnectionTimeout(Duration.ofMinutes(5).toMillis());
        pool = new HikariDataSource(config);
        MigrationManager.runMigrations(configuration());
    }

    /** Workflows of one step that answers at once, through the queue. @return seconds until the last one is done */
    double generate(int workflows, String text) throws Exception {
        enqueue(workflows);
        var done = new CountDownLatch(workflows);
        database.jdbc().sql("vacuum analyze dbos.workflow_status").update();
        try (var engine = new DBOS(configuration())) {
            engine.registerQueue(QUEUE);
            engine.registerProxy(Workflows.class, new Written(engine, text, done));
            long began = System.nanoTime();
            engine.launch();
            done.await();
            // what the last ones write after they have returned: nothing tells when
            while (count("status in ('ENQUEUED', 'PENDING')") > 0) Thread.sleep(2);
            double took = (System.nanoTime() - began) / 1e9;
            if (count("status <> 'SUCCESS'") > 0) throw new IllegalStateException("not every workflow was completed");
            return took;
        }
    }

    /** Workflows that each write a stream, and a reader for each. @return ns from each chunk's writing to its reading */
    long[] stream(int workflows, int chunks, int perSecond) throws Exception {
        try (var engine = new DBOS(configuration());
                var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            var proxy = engine.registerProxy(Workflows.class, new Written(engine, "", new CountDownLatch(0)));
            engine.launch();
            var reading = new ArrayList<Callable<List<Long>>>();
            for (int n = 0; n < workflows; n++) {
                var started = engine.startWorkflow(() -> proxy.stream(chunks, perSecond), new StartWorkflowOptions());
                reading.add(() -> read(engine, started.workflowId()));
            }
            var lags = new ArrayList<Long>();
            for (var one : readers.invokeAll(reading)) lags.addAll(one.get());
            return lags.stream().mapToLong(Long::longValue).toArray();
        }
    }

    private static List<Long> read(DBOS engine, String workflow) {
        var lags = new ArrayList<Long>();
        engine.readStream(workflow, KEY).forEachRemaining(sent -> lags.add(System.nanoTime() - (Long) sent));
        return lags;
    }

    private void enqueue(int workflows) throws Exception {
        try (var client = new DBOSClient(pool);
                var clients = Executors.newFixedThreadPool(threads)) {
            var options = new EnqueueOptions("generate", Written.class.getName(), QUEUE.name()).withAppVersion(VERSION);
            Callable<String> one = () -> client.enqueueWorkflow(options, new Object[] {"What is new?"})
                    .workflowId();
            for (var enqueued : clients.invokeAll(Collections.nCopies(workflows, one))) enqueued.get();
        }
    }

    private long count(String which) {
        return database.jdbc()
                .sql("select count(*) from dbos.workflow_status where " + which)
                .query(Long.class)
                .single();
    }

    private DBOSConfig configuration() {
        return DBOSConfig.defaults("bench").withDataSource(pool).withAppVersion(VERSION);
    }

    @Override
    public void close() {
        pool.close();
        database.close();
    }
}
