package dev.holdfast.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** One figure of one side, once for each round. */
record Samples(String side, String metric, List<Double> values) {

    static Samples none(String side, String metric) {
        return new Samples(side, metric, new ArrayList<>());
    }

    double median() {
        return median(values);
    }

    double min() {
        return Collections.min(values);
    }

    double max() {
        return Collections.max(values);
    }

    /** Round by round, this side over the other: what both met alike cancels out. */
    Samples over(Samples other) {
        return new Samples(
                side + " / " + other.side,
                metric,
                IntStream.range(0, Math.min(values.size(), other.values.size()))
                        .mapToObj(round -> values.get(round) / other.values.get(round))
                        .toList());
    }

    /** Each later window over the first one; of a single window that itself. */
    Samples overFirst() {
        return new Samples(
                side,
                metric,
                values.stream()
                        .skip(values.size() > 1 ? 1 : 0)
                        .map(value -> value / values.getFirst())
                        .toList());
    }

    static double median(List<Double> values) {
        var sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The value below which this share of them lies. */
    static double percentile(List<Double> values, double share) {
        var sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(
                sorted.size() - 1,
                Math.ceil(share * sorted.size()) - 1 < 0 ? 0 : Math.ceil(share * sorted.size()) - 1));
    }
}
