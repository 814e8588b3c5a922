package dev.holdfast.bench;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Goal 9: what the database does doesn't depend on who watches. One flusher at the product's pace over 50 replies of one
 * channel, with 1 browser and with 1,000; and the relay's selects, counted by the database.
 */
final class AudienceAndDatabase implements Benchmark {

    private static final int REPLIES = 50;
    private static final int FLUSH = 40;
    private static final String RATE = "flushes per second";
    private static final String SELECTS = "selects per flush";
    private static final String TIME = "flush p50 ms";

    @Override
    public String name() {
        return "9";
    }

    @Override
    public String title() {
        return "flushes a second and the relay's selects, with 1 browser and with 1,000";
    }

    @Override
    public void run(Report report) throws Exception {
        try (var database = Server.holdfast()) {
            database.jdbc().sql("create extension pg_stat_statements").update();
            var chat = Chat.in(database, 1);
            var crowd = new Crowd(database);
            var room = database.jdbc()
                    .sql("select id from chat.channel")
                    .query(java.util.UUID.class)
                    .single();
            var cookies = crowd.signIn(1_000, "watches-", room);
            try (var process = new HoldfastProcess("audience", "web", database.url())
                    .java(PeerProcess.OPTIONS)
                    .start()) {
                Rounds.interleave(
                        report,
                        new Side("1 browser", () -> watched(process, chat, cookies.subList(0, 1))),
                        new Side("1,000 browsers", () -> watched(process, chat, cookies)));
            }
        }
        report.atLeast(
                0.95,
                "flushes a second with 1,000 browsers over those with 1",
                report.ratio("1,000 browsers", "1 browser", RATE));
        // a pace hides what a flush takes longer
        report.atLeast(
                0.95, "the same, as the time of a flush allows", report.ratio("1 browser", "1,000 browsers", TIME));
        report.judge(Verdict.atMost(
                        1.05,
                        "the relay's selects per flush with 1,000 browsers (the 5 s poll included)",
                        report.of("1,000 browsers", SELECTS))
                .in("selects"));
    }

    private static Map<String, Double> watched(HoldfastProcess process, Chat chat, List<String> cookies)
            throws Exception {
        try (var feeds = new IdleFeeds(process.uri(), "/api/feed", cookies).awaitOpen(Duration.ofMinutes(2));
                Connection connection = chat.database().dataSource().getConnection()) {
            chat.ask(REPLIES);
            var claimed = chat.claim(connection, REPLIES);
            Chat.show(connection, "streaming", claimed);
            Thread.sleep(500);
            Sql.run(connection, "select pg_stat_statements_reset()");
            var took = flush(chat, connection, claimed);
            double flushes = took.size();
            Thread.sleep(200);
            var selects = Sql.query(connection, """
                    select coalesce(sum(calls), 0) from pg_stat_statements
                    where query like '%join chat.channel_changes(%' and query not like '%pg_stat_statements%'
                    """, row -> row.getDouble(1)).getFirst();
            if (feeds.ended() > 0) throw new IllegalStateException(feeds.ended() + " feeds were closed");
            chat.complete(connection, claimed, Collections.nCopies(REPLIES, "done"));
            return Map.of(
                    RATE, flushes / Rounds.seconds(8), SELECTS, selects / flushes, TIME, Samples.percentile(took, 0.5));
        }
    }

    /** @return how long each flush took, in ms */
    private static List<Double> flush(Chat chat, Connection connection, List<Chat.Claimed> claimed)
            throws SQLException {
        var text = Collections.nCopies(REPLIES, Prose.ofLength(FLUSH, 1));
        var until = System.nanoTime() + Duration.ofSeconds(Rounds.seconds(8)).toNanos();
        var next = System.nanoTime();
        var took = new ArrayList<Double>();
        while (next < until) {
            long began = System.nanoTime();
            chat.append(connection, claimed, took.size() * FLUSH, (took.size() - 1) * FLUSH, text);
            took.add((System.nanoTime() - began) / 1e6);
            // the product's window: 25 ms after the beginning of the last one, or when that took longer, at once
            next = Math.max(next + 25_000_000, System.nanoTime());
            LockSupport.parkNanos(next - System.nanoTime());
        }
        return took;
    }
}
