package dev.holdfast.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The command: runs the goals named, all without a name, prints a table and keeps it in ops/bench/results. */
final class Bench {

    private static final List<Benchmark> ALL = List.of(
            new WholeGenerations(),
            new MentionToStarted(),
            new ChunkFlushes(),
            new WalPerByte(),
            new TokenToBrowser(),
            new ManyReplies(),
            new IdleFeedClients(),
            new FanOut(),
            new AudienceAndDatabase(),
            new StartAndHistory(),
            new DurableStreams(),
            new ReconnectStorm(),
            new StalledReaders());

    private Bench() {}

    public static void main(String[] names) throws Exception {
        for (String name : names) {
            if (ALL.stream().noneMatch(one -> one.name().equals(name))) {
                System.err.println("bench: there is no goal " + name + "; there are "
                        + ALL.stream().map(Benchmark::name).toList());
                System.exit(2);
            }
        }
        var results = new Results(Path.of(System.getProperty("results", "ops/bench/results")));
        boolean failed = false;
        long began = System.nanoTime();
        for (Benchmark one : ALL) {
            if (names.length > 0 && Arrays.stream(names).noneMatch(one.name()::equals)) {
                continue;
            }
            System.out.println(one.name() + "  " + one.title());
            var report = new Report(one);
            try {
                one.run(report);
                var result = report.result();
                results.keep(result);
                System.out.println("\n" + result.table());
            } catch (Exception | Error e) { // the next goals are measured all the same
                failed = true;
                System.err.println("bench: " + one.name() + " broke off");
                e.printStackTrace();
            }
            System.out.printf(
                    "%s  ended %d s after the start%n%n", one.name(), (System.nanoTime() - began) / 1_000_000_000);
        }
        System.exit(failed ? 1 : 0);
    }
}
