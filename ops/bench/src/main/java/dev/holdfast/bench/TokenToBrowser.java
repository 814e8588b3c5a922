package dev.holdfast.bench;

import dev.holdfast.testing.IdleFeeds;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;

/**
 * Goal 5: from the model's sending of a token to its arrival in a browser, a browser for each reply, against a proxy that
 * hands the same model's stream on and keeps nothing.
 */
final class TokenToBrowser implements Benchmark {

    private static final double FLUSH_INTERVAL = 25;
    private static final int PACE = 50;

    @Override
    public String name() {
        return "5";
    }

    @Override
    public String title() {
        return "token to browser, at 32 and at 500 replies of " + PACE + " tokens a second";
    }

    @Override
    public void run(Report report) throws Exception {
        int seconds = Rounds.seconds(5);
        for (int replies : new int[] {32, 500}) {
            String size = ", " + replies + " replies";
            try (var streams = new Streams(replies, 1000, PACE, PACE * (seconds + 8));
                    var proxy =
                            new PeerProcess(ProxyPeer.class, streams.model.uri().toString())) {
                Rounds.interleave(
                        report,
                        new Side("holdfast" + size, () -> holdfast(streams, replies, seconds)),
                        new Side("proxy" + size, () -> proxied(proxy, replies, seconds)));
            }
            var over = Samples.none("holdfast - proxy" + size, "p99 ms");
            for (int round = 0;
                    round < report.of("proxy" + size, "p99 ms").values().size();
                    round++) {
                over.values()
                        .add(report.of("holdfast" + size, "p99 ms").values().get(round)
                                - report.of("proxy" + size, "p99 ms").values().get(round));
            }
            report.judge(Verdict.atMost(FLUSH_INTERVAL + 10, "p99 over the proxy's" + size, over)
                    .in("ms"));
        }
    }

    static Map<String, Double> holdfast(Streams streams, int replies, int seconds) throws Exception {
        streams.start(replies);
        Thread.sleep(1000);
        streams.lags();
        Thread.sleep(seconds * 1000L);
        var lags = streams.lags();
        long before = streams.count("complete");
        streams.await("streaming", 0);
        if (before == streams.count("complete")) {
            throw new IllegalStateException("no reply was completed");
        }
        return Map.of("p50 ms", Streams.at(lags, 0.5), "p99 ms", Streams.at(lags, 0.99));
    }

    private static Map<String, Double> proxied(PeerProcess proxy, int replies, int seconds) throws Exception {
        try (var browsers = new IdleFeeds(proxy.uri(), "/proxy", Collections.nCopies(replies, "none"))
                .awaitOpen(Duration.ofMinutes(1))) {
            Thread.sleep(2000);
            browsers.lags();
            Thread.sleep(seconds * 1000L);
            var lags = Streams.millis(browsers.lags());
            return Map.of("p50 ms", Streams.at(lags, 0.5), "p99 ms", Streams.at(lags, 0.99));
        }
    }
}
