package dev.holdfast.bench;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import dev.holdfast.bench.Chat.Claimed;
import dev.holdfast.bench.Server.Database;
import dev.holdfast.bench.Sql.Of;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;

/**
 * Goal 1: generations through the queue with a model that answers at once. Holdfast: the statements of two workers in
 * batches of 256, as the program sends them, without the program: claimed, shown as streaming, a chunk, the fold of 100
 * at a time, with seqs and notifications; and claim and complete alone. Against db-scheduler, the library itself with 24 threads, claiming
 * and finishing rows that carry nothing, each in commits of its own; and against claim 50, finish 50 on a bare table from
 * 24 connections. Beside them DBOS Transact, whose workflow of one step with the same text keeps what a generation keeps,
 * with 24 connections.
 */
final class WholeGenerations implements Benchmark {

    private static final String RATE = "generations per second";
    private static final int BATCH = 256;

    /** As many as the program folds in one statement. */
    private static final int FOLDED = 100;

    private static final int WORKERS = 2;
    private static final int THREADS = 24;
    private static final String TEXT = Prose.ofLength(200, 1);

    @Override
    public String name() {
        return "1";
    }

    @Override
    public String title() {
        return "generations claimed and completed a second, the model answering at once";
    }

    @Override
    public void run(Report report) throws Exception {
        int rows = Rounds.quick() ? 5_000 : 20_000;
        try (Database database = Server.holdfast();
                Database bare = Server.empty();
                var dbos = new Dbos(THREADS)) {
            var chat = Chat.in(database, 200);
            bare.jdbc().sql("""
                create table job (id bigint generated always as identity primary key, state text not null default 'queued',
                  lease_until timestamptz, finished_at timestamptz) with (fillfactor = 70)
                """).update();
            bare.jdbc()
                    .sql("create index job_queued on job (id) where state = 'queued'")
                    .update();
            bare.jdbc().sql("""
                create table scheduled_tasks (task_name text not null, task_instance text not null, task_data bytea, execution_time timestamptz not null,
                  picked boolean not null, picked_by text, last_success timestamptz, last_failure timestamptz, consecutive_failures int,
                  last_heartbeat timestamptz, version bigint not null, priority smallint, primary key (task_name, task_instance))
                """).update();
            bare.jdbc()
                    .sql("create index execution_time_idx on scheduled_tasks (execution_time)")
                    .update();
            bare.jdbc()
                    .sql("create index last_heartbeat_idx on scheduled_tasks (last_heartbeat)")
                    .update();
            try (var relay = database.dataSource().getConnection()) {
                Sql.run(relay, "listen channel_changed"); // a NOTIFY that wakes nobody costs less
                Rounds.interleave(
                        report,
                        new Side("holdfast, whole", () -> holdfast(chat, rows / 2, true)),
                        new Side("db-scheduler, bare rows", () -> scheduler(bare, rows / 2)),
                        new Side(
                                "DBOS, a workflow of one step",
                                () -> Map.of(RATE, rows / 4 / dbos.generate(rows / 4, TEXT))),
                        new Side("holdfast, claim and complete", () -> holdfast(chat, rows / 2, false)),
                        new Side("batched floor", () -> floor(bare, rows * 2)));
            }
        }
        report.atLeast(
                1.0,
                "whole generations over db-scheduler",
                report.ratio("holdfast, whole", "db-scheduler, bare rows", RATE));
        report.atLeast(
                0.5,
                "claim and complete over the batched floor",
                report.ratio("holdfast, claim and complete", "batched floor", RATE));
    }

    private static Map<String, Double> holdfast(Chat chat, int generations, boolean whole) throws Exception {
        chat.ask(generations);
        chat.analyze();
        return parallel(WORKERS, generations, chat.database(), connection -> {
            var worker = chat.another();
            for (var claimed = worker.claim(connection, BATCH);
                    !claimed.isEmpty();
                    claimed = worker.claim(connection, BATCH)) {
                run(worker, connection, claimed, whole);
            }
        });
    }

    private static void run(Chat worker, Connection connection, List<Claimed> claimed, boolean whole)
            throws SQLException {
        var texts = Collections.nCopies(claimed.size(), TEXT);
        if (whole) {
            for (var left = claimed; !left.isEmpty(); ) {
                left = Chat.show(connection, "streaming", left);
            }
            worker.append(connection, claimed, 0, -1, texts);
        }
        int together = whole ? FOLDED : BATCH;
        for (int first = 0; first < claimed.size(); first += together) {
            for (var left = claimed.subList(first, Math.min(claimed.size(), first + together)); !left.isEmpty(); ) {
                left = worker.complete(connection, left, texts.subList(0, left.size()));
            }
        }
    }

    private static Map<String, Double> scheduler(Database bare, int rows) throws Exception {
        bare.jdbc()
                .sql(
                        "insert into scheduled_tasks (task_name, task_instance, execution_time, picked, version) select 'bare', n, now(), false, 1 from generate_series(1, ?) n")
                .param(rows)
                .update();
        bare.jdbc().sql("vacuum analyze scheduled_tasks").update();
        var done = new CountDownLatch(rows);
        var task = Tasks.oneTime("bare").execute((instance, context) -> done.countDown());
        try (var pool = bare.pool(THREADS + 2);
                var watching = bare.dataSource().getConnection()) {
            open(pool, THREADS + 2); // as the other sides', before the time counts
            var scheduler = Scheduler.create(pool, task)
                    .threads(THREADS)
                    .pollUsingLockAndFetch(0.5, 4.0)
                    .pollingInterval(Duration.ofMillis(100))
                    .build();
            long began = System.nanoTime();
            scheduler.start();
            done.await();
            while (Sql.query(watching, "select count(*) from scheduled_tasks", row -> row.getLong(1))
                            .getFirst()
                    > 0) {
                Thread.sleep(2);
            }
            var rate = rate(began, rows);
            scheduler.stop();
            return rate;
        }
    }

    private static void open(DataSource pool, int count) throws SQLException {
        var opened = new ArrayList<Connection>();
        for (int n = 0; n < count; n++) opened.add(pool.getConnection());
        for (Connection connection : opened) connection.close();
    }

    private static Map<String, Double> floor(Database bare, int rows) throws Exception {
        bare.jdbc()
                .sql("insert into job (state) select 'queued' from generate_series(1, ?)")
                .param(rows)
                .update();
        bare.jdbc().sql("vacuum analyze job").update();
        var rate = parallel(THREADS, rows, bare, WholeGenerations::claimAndFinish);
        bare.jdbc().sql("truncate job").update();
        return rate;
    }

    private interface Work {
        void with(Connection connection) throws SQLException;
    }

    private static Map<String, Double> parallel(int count, int rows, Database database, Work work) throws Exception {
        var connections = new ArrayList<Connection>();
        try (var threads = Executors.newFixedThreadPool(count)) {
            for (int n = 0; n < count; n++) {
                connections.add(database.dataSource().getConnection());
            }
            long began = System.nanoTime();
            List<Callable<Void>> tasks = connections.stream()
                    .map(connection -> (Callable<Void>) () -> {
                        work.with(connection);
                        return null;
                    })
                    .toList();
            for (Future<Void> one : threads.invokeAll(tasks)) {
                one.get();
            }
            return rate(began, rows);
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    private static void claimAndFinish(Connection connection) throws SQLException {
        while (true) {
            Long[] claimed = Sql.query(connection, """
                update job set state = 'running', lease_until = now() + interval '10 seconds'
                where id in (select id from job where state = 'queued' order by id limit 50 for no key update skip locked)
                returning id
                """, row -> row.getLong(1)).toArray(Long[]::new);
            if (claimed.length == 0) {
                return;
            }
            Sql.run(
                    connection,
                    "update job set state = 'completed', lease_until = null, finished_at = now() where id = any(?::text::bigint[])",
                    new Of((Object[]) claimed));
        }
    }

    private static Map<String, Double> rate(long began, int rows) {
        return Map.of(RATE, rows / ((System.nanoTime() - began) / 1e9));
    }
}
