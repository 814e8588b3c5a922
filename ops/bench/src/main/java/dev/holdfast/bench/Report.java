package dev.holdfast.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What one benchmark found: samples by side and metric, verdicts, remarks, and the machine it ran on. */
final class Report {

    private final Benchmark benchmark;
    private final Machine before = Machine.now();
    private final Map<String, Samples> samples = new LinkedHashMap<>();
    private final List<Verdict> verdicts = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    Report(Benchmark benchmark) {
        this.benchmark = benchmark;
    }

    void add(String side, String metric, double value) {
        samples.computeIfAbsent(side + "\n" + metric, key -> Samples.none(side, metric))
                .values()
                .add(value);
    }

    Samples of(String side, String metric) {
        var found = samples.get(side + "\n" + metric);
        if (found == null) {
            throw new IllegalArgumentException(
                    "no figures of " + side + " in " + metric + "; there are " + samples.keySet());
        }
        return found;
    }

    /** Round by round, one side's figure over another's. */
    Samples ratio(String side, String other, String metric) {
        return of(side, metric).over(of(other, metric));
    }

    void atLeast(double limit, String what, Samples ratios) {
        judge(Verdict.atLeast(limit, what, ratios));
    }

    void atMost(double limit, String what, Samples ratios) {
        judge(Verdict.atMost(limit, what, ratios));
    }

    void judge(Verdict verdict) {
        verdicts.add(verdict);
        progress("%s", verdict);
    }

    /** A sentence that the figures alone don't say. */
    void remark(String format, Object... arguments) {
        remarks.add(String.format(Locale.ROOT, format, arguments));
        progress("%s", remarks.getLast());
    }

    void progress(String format, Object... arguments) {
        System.out.printf(Locale.ROOT, "  [%s] %s%n", benchmark.name(), String.format(Locale.ROOT, format, arguments));
    }

    Result result() {
        return new Result(
                benchmark.name(),
                benchmark.title(),
                Rounds.quick(),
                before,
                Machine.now().loadAverage(),
                List.copyOf(samples.values()),
                List.copyOf(verdicts),
                List.copyOf(remarks));
    }

    static String brief(Map<String, Double> figures) {
        return figures.entrySet().stream()
                .map(figure -> figure.getKey() + " " + number(figure.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** Three significant digits, whole from a thousand up. */
    static String number(double value) {
        double size = Math.abs(value);
        return String.format(
                Locale.ROOT,
                size >= 1000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f",
                value);
    }
}
