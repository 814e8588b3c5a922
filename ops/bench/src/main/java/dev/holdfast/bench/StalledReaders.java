package dev.holdfast.bench;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Beside the goals: 100 browsers that stop reading, and what the others notice of them. Each turn sends more than the
 * system's own buffers take for one that doesn't read (some 3 MB on loopback), so that each of them is let go in it.
 */
final class StalledReaders implements Benchmark {

    private static final int HEALTHY = 50;
    private static final int STALLED = 100;
    private static final int MESSAGES = 900;
    private static final int LENGTH = 4_000;
    private static final long BETWEEN = 20_000_000;

    @Override
    public String name() {
        return "stalled";
    }

    @Override
    public String title() {
        return HEALTHY + " healthy browsers x 50 messages of 4 kB a second, with and without " + STALLED
                + " that stop reading";
    }

    @Override
    public void run(Report report) throws Exception {
        try (var database = Server.holdfast()) {
            var crowd = new Crowd(database);
            var general = crowd.channel("general");
            var healthy = crowd.signIn(HEALTHY, "healthy-", general);
            var stalled = crowd.signIn(STALLED, "stalled-", general);
            try (var process = new HoldfastProcess("stalled", "web", database.url())
                            .java(PeerProcess.OPTIONS)
                            .start();
                    var pool = database.pool(1)) {
                var writer = new JdbcTemplate(pool);
                Rounds.interleave(
                        report,
                        new Side("alone", () -> stream(process, writer, healthy, List.of())),
                        new Side("beside stalled ones", () -> stream(process, writer, healthy, stalled)));
            }
        }
        report.atMost(
                1.2,
                "healthy p99 beside " + STALLED + " stalled browsers over alone",
                report.ratio("beside stalled ones", "alone", "p99 ms"));
        report.judge(Verdict.atLeast(STALLED, "stalled browsers let go", report.of("beside stalled ones", "let go"))
                .in(""));
        report.judge(Verdict.atMost(
                        256,
                        "most that was held for one browser",
                        report.of("beside stalled ones", "most kB held for one"))
                .in("kB"));
    }

    private static Map<String, Double> stream(
            HoldfastProcess process, JdbcTemplate writer, List<String> healthy, List<String> stalled) throws Exception {
        try (var reading = new IdleFeeds(process.uri(), "/api/feed", healthy).awaitOpen(Duration.ofMinutes(1));
                var not =
                        new IdleFeeds(process.uri(), "/api/feed", stalled, 4 * 1024).awaitOpen(Duration.ofMinutes(1))) {
            not.stall(stalled.size(), true);
            double dropped = process.metric("holdfast_feed_dropped_clients_total");
            var over = new AtomicBoolean();
            var held = CompletableFuture.supplyAsync(() -> mostHeld(process, over));
            write(writer);
            reading.awaitMarks(MESSAGES * healthy.size(), Duration.ofMinutes(2));
            over.set(true);
            var lags = Streams.millis(reading.lags());
            return Map.of(
                    "p50 ms",
                    Streams.at(lags, 0.5),
                    "p99 ms",
                    Streams.at(lags, 0.99),
                    "let go",
                    process.metric("holdfast_feed_dropped_clients_total") - dropped,
                    "most kB held for one",
                    held.get() / 1024);
        }
    }

    private static void write(JdbcTemplate writer) {
        var text = Prose.ofLength(LENGTH, 1);
        var next = System.nanoTime();
        for (var sent = 0; sent < MESSAGES; sent++) {
            LockSupport.parkNanos(next - System.nanoTime());
            next += BETWEEN;
            writer.queryForList(
                    "select set_config('synchronous_commit', 'off', false), chat.post('general', 'healthy-1', ?)",
                    IdleFeeds.mark() + text);
        }
    }

    /** By the server's own figure, asked ten times a second. */
    private static double mostHeld(HoldfastProcess process, AtomicBoolean over) {
        var most = 0.0;
        while (!over.get()) {
            most = Math.max(most, process.metric("holdfast_feed_unsent_bytes"));
            LockSupport.parkNanos(100_000_000);
        }
        return most;
    }
}
