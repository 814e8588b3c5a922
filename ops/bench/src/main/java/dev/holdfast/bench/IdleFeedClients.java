package dev.holdfast.bench;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.IdleFeeds;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/** Goal 7: what an idle, signed-in browser on the feed keeps of the server's heap, Holdfast's own state included. */
final class IdleFeedClients implements Benchmark {

    private static final int CLIENTS = 5_000;
    private static final Pattern KEPT = Pattern.compile("Total +\\d+ +(\\d+)");

    @Override
    public String name() {
        return "7";
    }

    @Override
    public String title() {
        return "heap per idle browser: " + CLIENTS
                + " signed in, members of 3 channels each, after a forced collection";
    }

    @Override
    public void run(Report report) throws Exception {
        try (var database = Server.holdfast()) {
            var crowd = new Crowd(database);
            var channels = new UUID[] {crowd.channel("general"), crowd.channel("random"), crowd.channel("quiet")};
            var first = crowd.signIn(500, "first-", channels);
            var cookies = crowd.signIn(CLIENTS, "idle-", channels);
            Rounds.interleave(
                    report, new Side("holdfast", () -> Map.of("kB per browser", measure(database, first, cookies))));
        }
        report.judge(Verdict.atMost(14, "heap per idle browser", report.of("holdfast", "kB per browser"))
                .in("kB"));
    }

    private static double measure(Server.Database database, List<String> first, List<String> cookies) throws Exception {
        try (var process = new HoldfastProcess("idle", "web", database.url())
                .java("-Xmx512m", "-XX:+UseSerialGC")
                .start()) {
            // what the first connections make the program load and cache is not theirs
            try (var warmUp = new IdleFeeds(process.uri(), "/api/feed", first)) {
                warmUp.awaitOpen(Duration.ofMinutes(1));
            }
            Thread.sleep(2_000);
            var before = heap(process.pid());
            try (var feeds = new IdleFeeds(process.uri(), "/api/feed", cookies)) {
                feeds.awaitOpen(Duration.ofMinutes(3));
                Thread.sleep(Rounds.seconds(5) * 1_000L);
                return (heap(process.pid()) - before) / CLIENTS;
            }
        }
    }

    /** kB of what a full collection keeps, counted before anybody goes on: a busy program makes as much anew in seconds. */
    static double heap(long process) throws IOException, InterruptedException {
        jcmd(process, "GC.run");
        return KEPT.matcher(jcmd(process, "GC.class_histogram"))
                .results()
                .mapToDouble(kept -> Double.parseDouble(kept.group(1)) / 1024)
                .findFirst()
                .orElseThrow();
    }

    static String jcmd(long process, String command) throws IOException, InterruptedException {
        var jcmd = new ProcessBuilder(System.getProperty("java.home") + "/bin/jcmd", Long.toString(process), command)
                .redirectErrorStream(true)
                .start();
        var output = new String(jcmd.getInputStream().readAllBytes());
        if (jcmd.waitFor() != 0) throw new IOException("jcmd " + command + ": " + output);
        return output;
    }
}
