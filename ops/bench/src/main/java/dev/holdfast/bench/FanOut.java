package dev.holdfast.bench;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Goal 8: from a message's insert to its arrival in every browser, against the same relay written with Spring's
 * SseEmitter, and against one write to each socket and no web server at all. Writer, database and select are the same for
 * all; what differs is who writes to the browsers, and how.
 */
final class FanOut implements Benchmark {

    private static final int FEW = 200;
    private static final int MANY = 5_000;
    private static final String OURS = "holdfast";
    private static final String THEIRS = "SseEmitter";
    private static final String FLOOR = "bare sockets";
    private static final String USUAL = "a message of a usual length, as people write them all day";

    @Override
    public String name() {
        return "8";
    }

    @Override
    public String title() {
        return "fan-out: " + FEW + " browsers x 100 messages a second, and one message to " + MANY + " browsers";
    }

    /**
     * Whose feed: its browsers listen to a channel of their own and hear nothing in others' turns. They stay connected: a
     * peer to which 5,000 came and went each turn ran out of memory.
     */
    private record Feeder(String name, String channel, URI feed, long pid, List<String> cookies) {

        Feeder of(int browsers) {
            return new Feeder(name, channel, feed, pid, cookies.subList(0, browsers));
        }

        IdleFeeds open() throws TimeoutException {
            return new IdleFeeds(feed, feed.getPath(), cookies).awaitOpen(Duration.ofMinutes(5));
        }
    }

    /** What one side does with its open feeds. */
    private interface Work {
        Map<String, Double> with(IdleFeeds feeds, Feeder feeder) throws Exception;
    }

    @Override
    public void run(Report report) throws Exception {
        try (var database = Server.holdfast()) {
            var crowd = new Crowd(database);
            var general = crowd.channel("general");
            var cookies = crowd.signIn(MANY, "fan-", general);
            crowd.signIn(1, "writer-", general, crowd.channel("emitters"), crowd.channel("bare"));
            var port = Integer.toString(database.port());
            try (var holdfast = new HoldfastProcess("fan-out", "web", database.url())
                            .java(PeerProcess.OPTIONS)
                            .start();
                    var emitters = new PeerProcess(SseEmitterPeer.class, port, database.name(), "emitters");
                    var bare = new PeerProcess(BareSocketPeer.class, port, database.name(), "bare");
                    var pool = database.pool(2)) {
                var writer = new JdbcTemplate(pool);
                var nobody = Collections.nCopies(MANY, "none");
                var ours = new Feeder(OURS, "general", holdfast.uri().resolve("/api/feed"), holdfast.pid(), cookies);
                var theirs = new Feeder(THEIRS, "emitters", emitters.uri().resolve("/feed"), emitters.pid(), nobody);
                var floor = new Feeder(FLOOR, "bare", bare.uri().resolve("/feed"), bare.pid(), nobody);
                interleave(
                        report,
                        (feeds, feeder) -> stream(writer, feeder, feeds),
                        "",
                        ours.of(FEW),
                        theirs.of(FEW),
                        floor.of(FEW));
                interleave(report, (feeds, feeder) -> burst(writer, feeder, feeds), ", " + MANY, ours, theirs, floor);
                madeOnce(report, writer, holdfast, emitters, cookies);
            }
        }
        report.atMost(
                0.6,
                "p99 over SseEmitter's, " + FEW + " browsers x 100 messages/s",
                report.ratio(OURS, THEIRS, "p99 ms"));
        report.atMost(
                0.5,
                "p50 over SseEmitter's, one message to " + MANY,
                report.ratio(OURS + ", " + MANY, THEIRS + ", " + MANY, "p50 ms"));
        report.judge(Verdict.atMost(
                        0.1,
                        "each event serialised once: allocated for one more browser",
                        report.of(OURS, MadeOnce.METRIC))
                .in("of the event's size"));
        report.remark(
                "bare sockets come to %.2f x SseEmitter's p99 and, with " + MANY + ", to %.2f x its p50",
                report.ratio(FLOOR, THEIRS, "p99 ms").median(),
                report.ratio(FLOOR + ", " + MANY, THEIRS + ", " + MANY, "p50 ms")
                        .median());
    }

    private static void interleave(Report report, Work work, String what, Feeder... feeders) throws Exception {
        var open = new ArrayList<IdleFeeds>();
        try {
            var sides = new ArrayList<Side>();
            for (var feeder : feeders) {
                var feeds = feeder.open();
                open.add(feeds);
                sides.add(new Side(feeder.name + what, () -> work.with(feeds, feeder)));
            }
            Rounds.interleave(report, sides.toArray(Side[]::new));
        } finally {
            open.forEach(IdleFeeds::close);
        }
    }

    private static void madeOnce(
            Report report, JdbcTemplate writer, HoldfastProcess holdfast, PeerProcess emitters, List<String> cookies)
            throws Exception {
        try (var ours = new MadeOnce(holdfast.pid(), holdfast.uri().resolve("/api/feed"), cookies, "general");
                var theirs = new MadeOnce(emitters.pid(), emitters.uri().resolve("/feed"), cookies, "emitters")) {
            Rounds.interleave(
                    report, new Side(OURS, () -> ours.measure(writer)), new Side(THEIRS, () -> theirs.measure(writer)));
        }
    }

    private static Map<String, Double> stream(JdbcTemplate writer, Feeder feeder, IdleFeeds feeds) throws Exception {
        feeds.lags();
        var cpu = cpu(feeder.pid);
        var messages = 100 * Rounds.seconds(8);
        var next = System.nanoTime();
        for (var sent = 0; sent < messages; sent++) {
            LockSupport.parkNanos(next - System.nanoTime());
            next += 10_000_000;
            post(writer, feeder.channel, USUAL);
        }
        feeds.awaitMarks(messages * feeder.cookies.size(), Duration.ofSeconds(30));
        return figures(feeds.lags(), cpu(feeder.pid) - cpu);
    }

    private static Map<String, Double> burst(JdbcTemplate writer, Feeder feeder, IdleFeeds feeds) throws Exception {
        feeds.lags();
        var cpu = cpu(feeder.pid);
        var messages = Rounds.seconds(10);
        for (var sent = 1; sent <= messages; sent++) {
            post(writer, feeder.channel, USUAL);
            feeds.awaitMarks(sent * MANY, Duration.ofSeconds(30));
            Thread.sleep(200);
        }
        return figures(feeds.lags(), cpu(feeder.pid) - cpu);
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
