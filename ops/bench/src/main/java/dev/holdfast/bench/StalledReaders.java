package dev.holdfast.bench;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.JdbcTemplate;

/** Beside the goals: 100 browsers that stop reading, and what the others notice of them. */
final class StalledReaders implements Benchmark {

    private static final int HEALTHY = 50;
    private static final int STALLED = 100;

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
                report.remark(
                        "%.0f stalled browsers were let go, each with at most 256 kB unsent",
                        process.metric("holdfast_feed_dropped_clients_total"));
            }
        }
        report.atMost(
                1.2,
                "healthy p99 beside " + STALLED + " stalled browsers over alone",
                report.ratio("beside stalled ones", "alone", "p99 ms"));
    }

    private static Map<String, Double> stream(
            HoldfastProcess process, JdbcTemplate writer, List<String> healthy, List<String> stalled) throws Exception {
        try (var reading = new IdleFeeds(process.uri(), "/api/feed", healthy).awaitOpen(Duration.ofMinutes(1));
                var not = new IdleFeeds(process.uri(), "/api/feed", stalled).awaitOpen(Duration.ofMinutes(1))) {
            not.stall(stalled.size(), true);
            var text = Prose.ofLength(4_000, 1);
            var messages = 50 * Rounds.seconds(6);
            var next = System.nanoTime();
            for (var sent = 0; sent < messages; sent++) {
                LockSupport.parkNanos(next - System.nanoTime());
                next += 20_000_000;
                writer.queryForList(
                        "select set_config('synchronous_commit', 'off', false), chat.post('general', 'healthy-1', ?)",
                        IdleFeeds.mark() + text);
            }
            reading.awaitMarks(messages * healthy.size(), Duration.ofSeconds(60));
            var lags = reading.lags();
            Arrays.sort(lags);
            return Map.of("p50 ms", lags[lags.length / 2] / 1e6, "p99 ms", lags[(int) (lags.length * 0.99)] / 1e6);
        }
    }
}
