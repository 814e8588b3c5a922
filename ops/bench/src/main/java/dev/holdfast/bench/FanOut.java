package dev.holdfast.bench;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Goal 8: from a message's insert to its arrival in every browser, against the same relay written with Spring's
 * SseEmitter. Writer, database and select are the same for both; what differs is who writes to the browsers, and how.
 */
final class FanOut implements Benchmark {

    private static final int MANY = 5_000;
    private static final String USUAL = "a message of a usual length, as people write them all day";

    @Override
    public String name() {
        return "8";
    }

    @Override
    public String title() {
        return "fan-out: 200 browsers x 100 messages a second, and one message to " + MANY + " browsers";
    }

    @Override
    public void run(Report report) throws Exception {
        try (var database = Server.holdfast()) {
            var crowd = new Crowd(database);
            // a channel for each side, so that the one whose turn it isn't does nothing
            var general = crowd.channel("general");
            var cookies = crowd.signIn(MANY, "fan-", general);
            crowd.signIn(1, "writer-", general, crowd.channel("peer"));
            try (var holdfast = new HoldfastProcess("fan-out", "web", database.url())
                            .java(PeerProcess.OPTIONS)
                            .start();
                    var emitters =
                            new PeerProcess(SseEmitterPeer.class, Integer.toString(database.port()), database.name());
                    var pool = database.pool(2)) {
                var writer = new JdbcTemplate(pool);
                stream(report, writer, holdfast, emitters, cookies.subList(0, 200));
                burst(report, writer, holdfast, emitters, cookies);
                madeOnce(report, writer, holdfast, emitters, cookies);
            }
        }
        report.atMost(
                0.6,
                "p99 over SseEmitter's, 200 browsers x 100 messages/s",
                report.ratio("holdfast", "SseEmitter", "p99 ms"));
        report.atMost(
                0.5,
                "p50 over SseEmitter's, one message to " + MANY,
                report.ratio("holdfast, " + MANY, "SseEmitter, " + MANY, "p50 ms"));
        report.judge(Verdict.atMost(
                        0.1,
                        "each event serialised once: allocated for one more browser",
                        report.of("holdfast", MadeOnce.METRIC))
                .in("of the event's size"));
    }

    private static void madeOnce(
            Report report, JdbcTemplate writer, HoldfastProcess holdfast, PeerProcess emitters, List<String> cookies)
            throws Exception {
        try (var ours = new MadeOnce(holdfast.pid(), holdfast.uri().resolve("/api/feed"), cookies, "general");
                var theirs = new MadeOnce(emitters.pid(), emitters.uri().resolve("/feed"), cookies, "peer")) {
            Rounds.interleave(
                    report,
                    new Side("holdfast", () -> ours.measure(writer)),
                    new Side("SseEmitter", () -> theirs.measure(writer)));
        }
    }

    private static void stream(
            Report report, JdbcTemplate writer, HoldfastProcess holdfast, PeerProcess emitters, List<String> cookies)
            throws Exception {
        try (var ours = new IdleFeeds(holdfast.uri(), "/api/feed", cookies).awaitOpen(Duration.ofMinutes(1));
                var theirs = new IdleFeeds(emitters.uri(), "/feed", Collections.nCopies(cookies.size(), "none"))
                        .awaitOpen(Duration.ofMinutes(1))) {
            Rounds.interleave(
                    report,
                    new Side("holdfast", () -> stream(writer, "general", ours, cookies.size(), holdfast.pid())),
                    new Side("SseEmitter", () -> stream(writer, "peer", theirs, cookies.size(), emitters.pid())));
        }
    }

    private static Map<String, Double> stream(
            JdbcTemplate writer, String channel, IdleFeeds feeds, int browsers, long server) throws Exception {
        feeds.lags();
        var cpu = cpu(server);
        var messages = 100 * Rounds.seconds(8);
        var next = System.nanoTime();
        for (var sent = 0; sent < messages; sent++) {
            LockSupport.parkNanos(next - System.nanoTime());
            next += 10_000_000;
            post(writer, channel, USUAL);
        }
        feeds.awaitMarks(messages * browsers, Duration.ofSeconds(30));
        return figures(feeds.lags(), cpu(server) - cpu);
    }

    private static void burst(
            Report report, JdbcTemplate writer, HoldfastProcess holdfast, PeerProcess emitters, List<String> cookies)
            throws Exception {
        try (var ours = new IdleFeeds(holdfast.uri(), "/api/feed", cookies).awaitOpen(Duration.ofMinutes(5));
                var theirs = new IdleFeeds(emitters.uri(), "/feed", Collections.nCopies(cookies.size(), "none"))
                        .awaitOpen(Duration.ofMinutes(5))) {
            Rounds.interleave(
                    report,
                    new Side("holdfast, " + MANY, () -> burst(writer, "general", ours, holdfast.pid())),
                    new Side("SseEmitter, " + MANY, () -> burst(writer, "peer", theirs, emitters.pid())));
        }
    }

    private static Map<String, Double> burst(JdbcTemplate writer, String channel, IdleFeeds feeds, long server)
            throws Exception {
        feeds.lags();
        var cpu = cpu(server);
        var messages = Rounds.seconds(10);
        for (var sent = 1; sent <= messages; sent++) {
            post(writer, channel, USUAL);
            feeds.awaitMarks(sent * MANY, Duration.ofSeconds(30));
            Thread.sleep(200);
        }
        return figures(feeds.lags(), cpu(server) - cpu);
    }

    // without waiting for the disk: that would be the same for both, and only blur what differs
    static void post(JdbcTemplate writer, String channel, String text) {
        writer.queryForList(
                "select set_config('synchronous_commit', 'off', false), chat.post(?, 'writer-1', ?)",
                channel,
                IdleFeeds.mark() + " " + text);
    }

    private static Map<String, Double> figures(long[] lags, long cpu) {
        Arrays.sort(lags);
        return Map.of(
                "server us per delivery",
                cpu / 1e3 / lags.length,
                "p50 ms",
                lags[lags.length / 2] / 1e6,
                "p99 ms",
                lags[(int) (lags.length * 0.99)] / 1e6);
    }

    // what a process has used of the processors; unlike the clock it is the same on a busy machine
    private static long cpu(long process) {
        return ProcessHandle.of(process)
                .orElseThrow()
                .info()
                .totalCpuDuration()
                .orElseThrow()
                .toNanos();
    }
}
