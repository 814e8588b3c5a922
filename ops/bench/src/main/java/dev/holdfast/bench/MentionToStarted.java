package dev.holdfast.bench;

import static java.util.Objects.requireNonNull;

import com.impossibl.postgres.api.jdbc.PGConnection;
import com.impossibl.postgres.api.jdbc.PGNotificationListener;
import dev.holdfast.testing.IdleFeeds;
import dev.holdfast.testing.SimulatedBrowser;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Goal 2: from a mention's commit to its claim by the running program, against a row and a NOTIFY to whose listener the
 * database says the time. Both by the database's clock: from the writing transaction's commit to the beginning of the first
 * statement of whoever was woken, and for Holdfast the claim's own duration besides. And what people see: from the POST to the
 * placeholder in another browser, from the model's sending to that browser.
 */
final class MentionToStarted implements Benchmark {

    /** A turn is 200 mentions, and Java compiles what it has run some thousand times. */
    private static final int WARM_UPS = 6;

    @Override
    public String name() {
        return "2";
    }

    @Override
    public String title() {
        return "mention to worker started, idle and beside 32 streaming replies";
    }

    @Override
    public void run(Report report) throws Exception {
        try (var streams = new Streams(33, 256, 50, 50 * 600)) {
            streams.jdbc.update("create table raw (n bigint generated always as identity)");
            streams.jdbc.execute("create extension if not exists pg_stat_statements");
            sides(report, streams, ", idle");
            streams.jdbc.queryForList(
                    "select chat.post('room-' || n, 'reader-' || n || '-1', 'Go on, @ada') from generate_series(1, 32) n");
            streams.await("streaming", 32);
            sides(report, streams, ", beside 32 replies");
            for (int round = 0; round < Rounds.count(); round++) {
                for (var figure : seen(streams).entrySet()) {
                    report.add("holdfast, beside 32 replies", figure.getKey(), figure.getValue());
                }
            }
        }
        for (String where : List.of(", idle", ", beside 32 replies")) {
            report.atMost(2.5, "p50" + where, report.ratio("holdfast" + where, "insert + NOTIFY" + where, "p50 ms"));
            report.atMost(5, "p99" + where, report.ratio("holdfast" + where, "insert + NOTIFY" + where, "p99 ms"));
        }
        report.judge(Verdict.atMost(
                        100,
                        "POST to placeholder in another browser, p50",
                        report.of("holdfast, beside 32 replies", "placeholder p50 ms"))
                .in("ms"));
        report.judge(Verdict.atMost(
                        75, "model to another browser, p50", report.of("holdfast, beside 32 replies", "delta p50 ms"))
                .in("ms"));
    }

    private static void sides(Report report, Streams streams, String where) throws Exception {
        for (int n = 0; n < WARM_UPS; n++) {
            raw(streams);
            holdfast(streams);
        }
        Rounds.interleave(
                report,
                new Side("insert + NOTIFY" + where, () -> raw(streams)),
                new Side("holdfast" + where, () -> holdfast(streams)));
    }

    private static int times() {
        return Rounds.quick() ? 40 : 200;
    }

    private static Map<String, Double> raw(Streams streams) throws Exception {
        try (Connection listening = streams.database.dataSource().getConnection();
                Connection telling = streams.database.dataSource().getConnection();
                Connection writing = streams.database.dataSource().getConnection()) {
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            var listener = new PGNotificationListener() {
                @Override
                public void notification(int process, String channel, String payload) {
                    heard.add(payload);
                }
            };
            listening.unwrap(PGConnection.class).addNotificationListener("raw", "raw", listener);
            Sql.run(listening, "listen raw");
            var lags = new ArrayList<Double>();
            for (int n = 0; n < times(); n++) {
                Sql.run(
                        writing,
                        "with written as (insert into raw default values returning n) select pg_notify('raw', n::text) from written");
                long row = Long.parseLong(heard.take());
                lags.add(Sql.query(
                                telling,
                                "select extract(epoch from now() - pg_xact_commit_timestamp(xmin))::double precision * 1000 from raw where n = ?",
                                row2 -> row2.getDouble(1),
                                row)
                        .getFirst());
                Thread.sleep(5);
            }
            return Map.of("p50 ms", Samples.percentile(lags, 0.5), "p99 ms", Samples.percentile(lags, 0.99));
        }
    }

    private static Map<String, Double> holdfast(Streams streams) throws Exception {
        long last = requireNonNull(
                streams.jdbc.queryForObject("select coalesce(max(id), 0) from chat.generation", Long.class));
        streams.jdbc.queryForList("select pg_stat_statements_reset()");
        try (Connection writing = streams.database.dataSource().getConnection()) {
            for (int n = 0; n < times(); n++) {
                Sql.run(writing, "select chat.post('room-0', 'reader-0-1', 'Quick, @bob')");
                Thread.sleep(10);
            }
        }
        streams.await("queued", 0);
        var lags = streams.jdbc.queryForList(
                // a mention's row is never written again, so it still names the transaction that made it
                """
                select extract(epoch from g.claimed_at - pg_xact_commit_timestamp(m.xmin))::double precision * 1000
                from chat.generation g join chat.mention m on m.message_id = g.asked_by_message and m.account_id = g.agent_id
                where g.id > ?
                """, Double.class, last);
        // How long each claim took isn't kept. p50 takes the mean of those that found something, from above: what
        // found nothing counts as the shortest of all. p99 takes the longest of all.
        var claim = requireNonNull(streams.jdbc.queryForObject(
                """
                select (sum(total_exec_time) - greatest(sum(calls)::float8 - ?, 0) * min(min_exec_time)) / ?, max(max_exec_time)
                from pg_stat_statements where query like '%chat.claim(%'
                """, (row, n) -> new double[] {row.getDouble(1), row.getDouble(2)}, lags.size(), lags.size()));
        return Map.of(
                "p50 ms",
                Samples.percentile(lags, 0.5) + claim[0],
                "p99 ms",
                Samples.percentile(lags, 0.99) + claim[1]);
    }

    /** What another browser sees: the message and its placeholder come in one event; and the text of the 32 replies. */
    private static Map<String, Double> seen(Streams streams) throws Exception {
        var cookies = Stream.of(streams.cookie(0).split("; "))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        var room = requireNonNull(
                streams.jdbc.queryForObject("select id from chat.channel where name = 'room-0'", java.util.UUID.class));
        double[] placeholders;
        try (var other = new IdleFeeds(streams.holdfast.uri(), "/api/feed", List.of(streams.cookie(0)))
                        .awaitOpen(java.time.Duration.ofSeconds(20));
                var poster = new SimulatedBrowser(streams.holdfast.uri(), cookies)) {
            other.lags();
            for (int n = 0; n < 8; n++) { // a person may summon 60 a minute
                poster.post(room, IdleFeeds.mark() + " Quick, @bob");
                Thread.sleep(20);
            }
            placeholders = Streams.millis(other.lags());
        }
        streams.browsers.lags();
        Thread.sleep(Rounds.seconds(5) * 1000L);
        return Map.of(
                "placeholder p50 ms",
                Streams.at(placeholders, 0.5),
                "delta p50 ms",
                Streams.at(Streams.millis(streams.browsers.lags()), 0.5));
    }
}
