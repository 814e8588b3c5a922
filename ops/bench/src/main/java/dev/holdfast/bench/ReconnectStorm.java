package dev.holdfast.bench;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import dev.holdfast.testing.SimulatedBrowser;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Beside the goals: 1,000 browsers come back at the same moment, without the jitter they would have, while people write. */
final class ReconnectStorm implements Benchmark {

    private static final int BROWSERS = 1_000;

    @Override
    public String name() {
        return "storm";
    }

    @Override
    public String title() {
        return BROWSERS
                + " browsers come back at once: seconds until all are current, and how long a POST takes meanwhile";
    }

    @Override
    public void run(Report report) throws Exception {
        try (var database = Server.holdfast()) {
            var crowd = new Crowd(database);
            var general = crowd.channel("general");
            var cookies = crowd.signIn(BROWSERS, "storm-", general);
            var writer = crowd.signIn(1, "writer-", general).getFirst();
            try (var process = new HoldfastProcess("storm", "web", database.url())
                    .with("HOLDFAST_LIMITS_POSTING", "1000000/1m")
                    .java(PeerProcess.OPTIONS)
                    .start()) {
                Rounds.interleave(report, new Side("holdfast", () -> storm(process, cookies, writer, general)));
            }
        }
        report.judge(Verdict.atMost(10, "until all are current", report.of("holdfast", "s"))
                .in("s"));
        report.judge(Verdict.atMost(500, "a POST meanwhile, p99", report.of("holdfast", "POST p99 ms"))
                .in("ms"));
    }

    private static Map<String, Double> storm(HoldfastProcess process, List<String> cookies, String writer, UUID general)
            throws Exception {
        var over = new AtomicBoolean();
        var posts = CompletableFuture.supplyAsync(() -> post(process, writer, general, over));
        var began = System.nanoTime();
        try (var feeds = new IdleFeeds(process.uri(), "/api/feed", cookies).awaitOpen(Duration.ofMinutes(2))) {
            var seconds = (System.nanoTime() - began) / 1e9;
            over.set(true);
            var took = posts.get();
            Arrays.sort(took);
            return Map.of("s", seconds, "POST p99 ms", took[(int) (took.length * 0.99)] / 1e6);
        }
    }

    private static long[] post(HoldfastProcess process, String cookie, UUID general, AtomicBoolean over) {
        var took = LongStream.builder();
        var cookies = Arrays.stream(cookie.split("; "))
                .map(one -> one.split("=", 2))
                .collect(Collectors.toMap(one -> one[0], one -> one[1]));
        try (var browser = new SimulatedBrowser(process.uri(), cookies)) {
            do {
                var began = System.nanoTime();
                browser.post(general, "written in the storm");
                took.add(System.nanoTime() - began);
                Thread.sleep(10);
            } while (!over.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return took.build().toArray();
    }
}
