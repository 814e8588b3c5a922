package dev.holdfast.bench;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Goal 6, and goal 3 over five minutes: 1,000 replies at 50 tokens a second, as many as the worker has slots, each of 20
 * seconds and followed by the next that waits, in 100 channels with a browser each, and a person who chats beside them. Every
 * round is a window of this one run.
 * -Dminutes=n: so long in all.
 */
final class ManyReplies implements Benchmark {

    private static final int REPLIES = 1000;
    private static final int WAITING = 100;
    private static final int CHANNELS = 100;
    private static final int PACE = 50;
    private static final int SECONDS = 20;
    private static final String SIDE = "holdfast";
    private static final String HEAP = "heap MB after a collection";

    private volatile boolean feeding;

    @Override
    public String name() {
        return "6";
    }

    @Override
    public String title() {
        return "1,000 concurrent replies at 50 tokens a second, database, model and 100 browsers on the same machine";
    }

    @Override
    public void run(Report report) throws Exception {
        int windows = Rounds.count();
        int seconds = Rounds.windowSeconds();
        try (var streams = new Streams(CHANNELS, REPLIES, PACE, PACE * SECONDS)) {
            var person = new Person(streams);
            feeding = true;
            var feeder = Thread.ofVirtual().start(() -> feed(streams));
            // until then the channels grow to what a reply's context takes of them,
            // and the chunk table to what vacuum leaves
            streams.await("complete", count -> count >= 3 * REPLIES, Duration.ofMinutes(5));
            for (int window = 0; window < windows; window++) {
                var figures = window(streams, person, seconds);
                report.progress("window %d  %s", window + 1, Report.brief(figures));
                figures.forEach((metric, figure) -> report.add(SIDE, metric, figure));
            }
            feeding = false;
            feeder.join();
        }
        report.judge(
                Verdict.atMost(50, "flush p99 (an upper bound: the histogram's limit)", report.of(SIDE, "flush p99 ms"))
                        .in("ms"));
        report.judge(Verdict.atLeast(
                        0.98,
                        "tokens that arrived of those that 1,000 replies at this pace have",
                        report.of(SIDE, "share of the tokens"))
                .in(""));
        report.judge(Verdict.atMost(
                        SECONDS * 1.02,
                        "nothing falls behind: p99 from a reply's first text to its end, of " + SECONDS
                                + " s of tokens",
                        report.of(SIDE, "reply p99 s"))
                .in("s"));
        report.judge(Verdict.atMost(
                        1000, "nothing falls behind: model to browser, p99", report.of(SIDE, "model to browser p99 ms"))
                .in("ms"));
        String sustained = "goal 3 over " + windows * seconds + " s of the whole program: ";
        for (var metric : List.of(HEAP, "chunk table MB")) {
            report.judge(Verdict.flat(sustained + metric, report.of(SIDE, metric)));
        }
    }

    /** Begins them one after the other, so that they don't all end at once; then there is one that waits for each that ends. */
    private void feed(Streams streams) {
        int begun = 0;
        for (long began = System.nanoTime(); feeding; ) {
            int due = begun < REPLIES
                    ? (int) Math.min(REPLIES, (System.nanoTime() - began) / 1_000_000_000.0 * REPLIES / SECONDS) - begun
                    : Math.max(0, REPLIES + WAITING - unfinished(streams));
            streams.ask(due);
            begun += due;
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static int unfinished(Streams streams) {
        return requireNonNull(streams.jdbc.queryForObject(
                "select count(*) from chat.generation where state in ('queued', 'running')", Integer.class));
    }

    private static Map<String, Double> window(Streams streams, Person person, int seconds) throws Exception {
        var flushes = streams.buckets("holdfast_flush_seconds");
        double chunks = streams.holdfast.metric("holdfast_flush_chunks_sum");
        long began = System.nanoTime();
        double bytes = text(streams);
        streams.lags();
        var calls = person.chat(seconds);
        double took = (System.nanoTime() - began) / 1e9;
        bytes = text(streams) - bytes;
        var lags = streams.lags();
        double flush = Streams.quantile(flushes, streams.buckets("holdfast_flush_seconds"), 0.99);
        chunks = streams.holdfast.metric("holdfast_flush_chunks_sum") - chunks;
        var figures = new TreeMap<String, Double>();
        figures.put("a person posts and reads p50 ms", Streams.at(calls, 0.5));
        figures.put("a person posts and reads p99 ms", Streams.at(calls, 0.99));
        figures.put("model to browser p50 ms", Streams.at(lags, 0.5));
        figures.put("model to browser p99 ms", Streams.at(lags, 0.99));
        figures.put("flush p99 ms", 1000 * flush);
        figures.put("chunks per second", chunks / took);
        figures.put("share of the tokens", bytes / took / (REPLIES * PACE * BYTES_PER_TOKEN));
        figures.put("reply p99 s", replies(streams, took));
        figures.put("program resident MB", streams.resident());
        figures.put("chunk table MB", chunkTable(streams.database));
        figures.put(HEAP, IdleFeedClients.heap(streams.holdfast.pid()) / 1e3);
        Thread.sleep(Rounds.seconds(5) * 1000L); // the collection held everybody up
        return figures;
    }

    /** With its index, in MB. */
    static double chunkTable(Server.Database database) {
        return database.jdbc()
                        .sql("select pg_total_relation_size('chat.chunk')")
                        .query(Long.class)
                        .single()
                / 1e6;
    }

    /** The replies' text in the rows, in bytes: of those under way, and with their last words, which no flush counts, of those that ended. */
    private static double text(Streams streams) {
        return requireNonNull(streams.jdbc.queryForObject("""
                select (select coalesce(sum(octet_length(text)), 0) from chat.chunk)
                  + (select coalesce(sum(octet_length(content)), 0) from chat.message where reply_to is not null)
                """, Double.class));
    }

    /** p99 of the time from a reply's first text to its end, of those that ended in these last seconds. */
    private static double replies(Streams streams, double seconds) {
        return requireNonNull(streams.jdbc.queryForObject("""
                select percentile_cont(0.99) within group (order by extract(epoch from finished_at - first_token_at))
                from chat.generation where state = 'completed' and finished_at > now() - make_interval(secs => ?)
                """, Double.class, seconds));
    }

    private static final double BYTES_PER_TOKEN = TokenServer.BYTES_OF_EIGHT / 8.0;
}
