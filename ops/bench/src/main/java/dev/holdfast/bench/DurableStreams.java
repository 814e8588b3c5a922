package dev.holdfast.bench;

import java.util.Map;

/**
 * Beside the goals: what another durable stream takes. Holdfast's way is the longer one, from the model's sending of a
 * token to the browser over HTTP; DBOS Transact's from writeStream in a workflow to readStream in the same process.
 */
final class DurableStreams implements Benchmark {

    private static final int REPLIES = 32;
    private static final int PACE = 5;

    @Override
    public String name() {
        return "streams";
    }

    @Override
    public String title() {
        return REPLIES + " durable streams of " + PACE + " chunks a second, from written to read";
    }

    @Override
    public void run(Report report) throws Exception {
        int seconds = Rounds.seconds(15);
        try (var streams = new Streams(REPLIES, 100, PACE, PACE * (seconds + 4));
                var dbos = new Dbos(REPLIES)) {
            Rounds.interleave(
                    report,
                    new Side("holdfast, model to browser", () -> TokenToBrowser.holdfast(streams, REPLIES, seconds)),
                    new Side("DBOS, writer to reader", () -> figures(dbos.stream(REPLIES, PACE * seconds, PACE))));
        }
    }

    private static Map<String, Double> figures(long[] lags) {
        var millis = Streams.millis(lags);
        return Map.of("p50 ms", Streams.at(millis, 0.5), "p99 ms", Streams.at(millis, 0.99));
    }
}
