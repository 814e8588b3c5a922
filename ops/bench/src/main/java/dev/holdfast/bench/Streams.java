package dev.holdfast.bench;

import static java.util.Objects.requireNonNull;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.bench.Server.Database;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongPredicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.JdbcTemplate;

/** The whole product with a model and browsers: channels with a browser each, and replies that stream in them. */
final class Streams implements AutoCloseable {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final int PEOPLE = 8;
    private static final Pattern BUCKET = Pattern.compile("le=\"([^\"]+)\"");

    final Database database = Server.holdfast();
    private final HikariDataSource pool = database.pool(PEOPLE + 4);
    private final ExecutorService people = Executors.newFixedThreadPool(PEOPLE);
    final JdbcTemplate jdbc = new JdbcTemplate(pool);
    final PeerProcess model;
    final HoldfastProcess holdfast;
    final IdleFeeds browsers;
    private final List<String> cookies = new ArrayList<>();
    private final int channels;
    private int asked;

    /** @param pace tokens a second of each reply; tokens: of a whole reply */
    Streams(int channels, int slots, int pace, int tokens) throws Exception {
        this.channels = channels;
        model = new PeerProcess(TokenServer.class, Integer.toString(pace), Integer.toString(tokens));
        var crowd = new Crowd(database);
        agent("ada", "bench");
        agent("bob", "brief");
        for (int n = 0; n < channels; n++) {
            var channel = crowd.channel("room-" + n);
            cookies.addAll(crowd.signIn(1, "reader-" + n + "-", channel));
            jdbc.update(
                    "insert into chat.membership (channel_id, account_id) select ?, id from chat.account where handle in ('ada', 'bob') on conflict do nothing",
                    channel);
        }
        holdfast = new HoldfastProcess("streams", "all", database.url())
                .java("-Xmx1g", "-XX:+UseSerialGC")
                .with("OPENAI_BASE_URL", model.uri() + "/v1")
                .with("OPENAI_API_KEY", "sk-bench")
                .with("HOLDFAST_WORKER_SLOTS", Integer.toString(slots))
                .start();
        browsers = new IdleFeeds(holdfast.uri(), "/api/feed", cookies).once().awaitOpen(Duration.ofMinutes(1));
    }

    private void agent(String handle, String modelName) {
        jdbc.update("insert into chat.account (handle, display_name, kind) values (?, ?, 'agent')", handle, handle);
        jdbc.update(
                "insert into chat.agent (account_id, provider, model) select id, 'openai', ? from chat.account where handle = ?",
                modelName,
                handle);
    }

    /** Asks for so many replies, spread over the channels, and waits until all of them grow. */
    void start(int replies) throws InterruptedException {
        ask(replies);
        await("streaming", replies);
    }

    /** Goes on in the channel behind the one asked in last. Some people at once, each with a commit of their own. */
    void ask(int replies) {
        var asking = IntStream.range(asked, asked + replies)
                .mapToObj(n -> CompletableFuture.runAsync(() -> post(n % channels), people))
                .toList();
        asked += replies;
        asking.forEach(CompletableFuture::join);
    }

    private void post(int channel) {
        jdbc.queryForList(
                "select chat.post('room-' || ?::integer, 'reader-' || ?::integer || '-1', 'What is new, @ada?')",
                channel,
                channel);
    }

    void await(String status, int replies) throws InterruptedException {
        await(status, count -> count == replies, Duration.ofMinutes(2));
    }

    /** @throws IllegalStateException when there are not enough in time, with how many there are of each status */
    void await(String status, LongPredicate enough, Duration longest) throws InterruptedException {
        for (long until = System.nanoTime() + longest.toNanos(); !enough.test(count(status)); Thread.sleep(20)) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException(
                        "waited " + longest.toMinutes() + " minutes for replies that are " + status
                                + ": "
                                + jdbc.queryForList(
                                        "select status, count(*) from chat.message where reply_to is not null group by status"));
            }
        }
    }

    long count(String status) {
        return requireNonNull(jdbc.queryForObject(
                "select count(*) from chat.message where reply_to is not null and status = ?", Long.class, status));
    }

    /** What the program holds in memory, in MB. */
    double resident() throws IOException {
        return resident(holdfast.pid());
    }

    static double resident(long process) throws IOException {
        return Server.held(process, "VmRSS:");
    }

    /** The Cookie header of the browser in a channel. */
    String cookie(int channel) {
        return cookies.get(channel);
    }

    /** The lines of the program's metrics. */
    List<String> metrics() throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + holdfast.managementPort() + "/actuator/prometheus"))
                .build();
        return HTTP.send(request, BodyHandlers.ofString()).body().lines().toList();
    }

    /** How many measurements of a histogram lie within each of its limits, by limit in seconds. */
    TreeMap<Double, Double> buckets(String histogram) throws IOException, InterruptedException {
        var buckets = new TreeMap<Double, Double>();
        for (String line : metrics()) {
            var found = BUCKET.matcher(line);
            if (line.startsWith(histogram + "_bucket{") && found.find()) {
                buckets.merge(
                        found.group(1).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(found.group(1)),
                        Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                        Double::sum);
            }
        }
        return buckets;
    }

    /** The limit within which this share of what was measured between the two lies, in seconds: an upper bound. */
    static double quantile(TreeMap<Double, Double> before, TreeMap<Double, Double> after, double share) {
        double all = after.lastEntry().getValue() - before.getOrDefault(after.lastKey(), 0.0);
        if (all == 0) return Double.NaN;
        for (var bucket : after.entrySet()) {
            if (bucket.getValue() - before.getOrDefault(bucket.getKey(), 0.0) >= share * all) {
                return bucket.getKey();
            }
        }
        return Double.POSITIVE_INFINITY;
    }

    @Override
    public void close() {
        browsers.close();
        holdfast.close();
        model.close();
        people.close();
        pool.close();
        database.close();
    }

    /** What the browsers were late since the last call, in ms, sorted. One that was let go would say nothing any more. */
    double[] lags() {
        if (browsers.ended() > 0) throw new IllegalStateException(browsers.ended() + " feeds were closed");
        return millis(browsers.lags());
    }

    /** Lags in ms, sorted. */
    static double[] millis(long[] lags) {
        return java.util.Arrays.stream(lags)
                .mapToDouble(lag -> lag / 1e6)
                .sorted()
                .toArray();
    }

    static double at(double[] sorted, double share) {
        if (sorted.length == 0) return Double.NaN;
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
    }
}
