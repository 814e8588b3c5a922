package dev.holdfast.bench;

import dev.holdfast.bench.Server.Database;
import dev.holdfast.bench.Sql.Of;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Goal 3: flushed chunks a second over 1,000 replies that always have 80 new bytes. Holdfast: one flusher, all of them in
 * one transaction. Floor: the same rows in a bare table with a key, in the same batches, one NOTIFY each. Naive: a commit
 * and a row trigger's NOTIFY for each chunk, from 32 connections. None of these waits for the disk; the naive design with
 * commits that do, as it would be written without a thought, stands beside them.
 *
 * <p>Holdfast's side is the statements of a flush, as the program sends them, without the program. Afterwards it goes on for
 * five minutes (-Dminutes=n: so long) with nobody else's turns between; what the program itself keeps meanwhile is told by
 * {@link ManyReplies}.
 */
final class ChunkFlushes implements Benchmark {

    private static final String RATE = "chunks per second";
    private static final int REPLIES = 1000;
    private static final int LENGTH = 8_000;
    private static final int FLUSH = 80;
    private static final int WRITERS = 32;
    private static final double CHUNKS = REPLIES * LENGTH / FLUSH;
    private static final String ENDS = ", mentions to ends";
    private static final String SUSTAINED = "holdfast, minutes on end";

    @Override
    public String name() {
        return "3";
    }

    @Override
    public String title() {
        return "chunks flushed a second over 1,000 saturated replies";
    }

    @Override
    public void run(Report report) throws Exception {
        try (Database database = Server.holdfast();
                Database bare = Server.empty()) {
            var chat = Chat.in(database, 100);
            String columns =
                    "(message_id uuid, fence bigint, start_at integer, text text, primary key (message_id, start_at))";
            bare.jdbc().sql("create table floor " + columns).update();
            bare.jdbc().sql("create table naive " + columns).update();
            bare.jdbc().sql("""
                create function tell() returns trigger language plpgsql as $$
                begin perform pg_notify('chunk', new.message_id::text); return null; end $$
                """).update();
            bare.jdbc()
                    .sql("create trigger tell after insert on naive for each row execute function tell()")
                    .update();
            // each side is heard by one, as the product's is by its relay
            try (var listening = bare.dataSource().getConnection();
                    var relay = database.dataSource().getConnection()) {
                Sql.run(listening, "listen chunk");
                Sql.run(relay, "listen channel_changed");
                Rounds.interleave(
                        report,
                        new Side("batch floor", () -> floor(bare)),
                        new Side("holdfast", () -> holdfast(chat)),
                        new Side("row trigger", () -> naive(bare, "off")),
                        new Side("row trigger, synced", () -> naive(bare, "on")));
                sustained(report, chat);
            }
        }
        judge(report, "holdfast");
        judge(report, SUSTAINED);
        for (var metric : List.of(RATE, RATE + ENDS)) {
            report.judge(Verdict.keptUp(SUSTAINED + ": " + metric, report.of(SUSTAINED, metric)));
        }
        for (var metric : List.of("chunk table MB", "the database's memory MB")) {
            report.judge(Verdict.flat(SUSTAINED + ": " + metric, report.of(SUSTAINED, metric)));
        }
    }

    private static void judge(Report report, String side) {
        report.atLeast(5, side + " over the row trigger", report.ratio(side, "row trigger", RATE));
        report.atLeast(0.3, side + " over the batch floor", report.ratio(side, "batch floor", RATE));
    }

    private static Map<String, Double> holdfast(Chat chat) throws SQLException {
        try (Connection connection = chat.database().dataSource().getConnection()) {
            double rate = CHUNKS / flushed(chat, connection);
            Sql.run(connection, "vacuum chat.chunk");
            return Map.of(RATE, rate);
        }
    }

    /** A thousand replies from their mentions to their ends. @return how long their flushes took, in seconds */
    private static double flushed(Chat chat, Connection connection) throws SQLException {
        chat.ask(REPLIES);
        var text = Prose.ofLength(LENGTH, 1);
        var claimed = chat.claim(connection, REPLIES);
        Chat.show(connection, "streaming", claimed);
        long began = System.nanoTime();
        for (int start = 0; start < LENGTH; start += FLUSH) {
            chat.append(connection, claimed, start, start - FLUSH, same(text.substring(start, start + FLUSH)));
        }
        double took = seconds(began);
        chat.complete(connection, claimed, same(text));
        return took;
    }

    /** Holdfast's side on and on, a thousand replies after the other; each round is a window of it. Autovacuum alone cleans up. */
    private static void sustained(Report report, Chat chat) throws Exception {
        int seconds = Rounds.windowSeconds();
        try (Connection connection = chat.database().dataSource().getConnection()) {
            for (int window = 0; window < Rounds.count(); window++) {
                var figures = window(chat, connection, seconds);
                report.progress("window %d  %s", window + 1, Report.brief(figures));
                figures.forEach((metric, figure) -> report.add(SUSTAINED, metric, figure));
            }
        }
    }

    private static Map<String, Double> window(Chat chat, Connection connection, int seconds) throws Exception {
        long began = System.nanoTime();
        double flushing = 0;
        double table = 0;
        int thousands = 0;
        for (; seconds(began) < seconds; thousands++) {
            flushing += flushed(chat, connection);
            table = Math.max(table, ManyReplies.chunkTable(chat.database()));
        }
        return new TreeMap<>(Map.of(
                RATE,
                thousands * CHUNKS / flushing,
                RATE + ENDS,
                thousands * CHUNKS / seconds(began),
                "chunk table MB",
                table,
                "the database's memory MB",
                Server.running().memory()));
    }

    private static Map<String, Double> floor(Database bare) throws SQLException {
        var text = Prose.ofLength(LENGTH, 1);
        var ids = ids();
        try (Connection connection = bare.dataSource().getConnection()) {
            long began = System.nanoTime();
            for (int start = 0; start < LENGTH; start += FLUSH) {
                Sql.run(
                        connection,
                        """
                    with written as (
                      insert into floor select i, 1, ?, t from unnest(?::text::uuid[], ?::text::text[]) as u(i, t)
                    )
                    select pg_notify('chunk', ''), set_config('synchronous_commit', 'off', true)
                    """,
                        start,
                        new Of((Object[]) ids),
                        new Of(same(text.substring(start, start + FLUSH)).toArray()));
            }
            double rate = CHUNKS / seconds(began);
            Sql.run(connection, "truncate floor");
            return Map.of(RATE, rate);
        }
    }

    private static Map<String, Double> naive(Database bare, String synchronousCommit) throws Exception {
        int flushes = Rounds.quick() ? 10 : 40;
        var ids = ids();
        try (var writers = Executors.newFixedThreadPool(WRITERS)) {
            var connections = new java.util.ArrayList<Connection>();
            for (int n = 0; n < WRITERS; n++) {
                var connection = bare.dataSource().getConnection();
                Sql.run(connection, "set synchronous_commit = " + synchronousCommit);
                connections.add(connection);
            }
            long began = System.nanoTime();
            List<Callable<Void>> tasks = IntStream.range(0, WRITERS)
                    .mapToObj(n -> (Callable<Void>) () -> {
                        write(connections.get(n), ids, n, flushes);
                        return null;
                    })
                    .toList();
            for (Future<Void> task : writers.invokeAll(tasks)) {
                task.get();
            }
            double rate = REPLIES * flushes / seconds(began);
            for (Connection connection : connections) {
                connection.close();
            }
            bare.jdbc().sql("truncate naive").update();
            return Map.of(RATE, rate);
        }
    }

    private static void write(Connection connection, UUID[] ids, int first, int flushes) throws SQLException {
        var text = Prose.ofLength(FLUSH, 1);
        try (var insert = connection.prepareStatement("insert into naive values (?, 1, ?, ?)")) {
            for (int flush = 0; flush < flushes; flush++) {
                for (int n = first; n < REPLIES; n += WRITERS) {
                    insert.setObject(1, ids[n]);
                    insert.setInt(2, flush * FLUSH);
                    insert.setString(3, text);
                    insert.executeUpdate();
                }
            }
        }
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    private static UUID[] ids() {
        return IntStream.range(0, REPLIES).mapToObj(n -> UUID.randomUUID()).toArray(UUID[]::new);
    }

    private static List<String> same(String text) {
        return java.util.Collections.nCopies(REPLIES, text);
    }
}
