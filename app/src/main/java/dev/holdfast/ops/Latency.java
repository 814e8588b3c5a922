package dev.holdfast.ops;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Quantiles of a timer with histogram buckets since the last read, as Prometheus would estimate them. */
final class Latency {

    private final MeterRegistry meters;
    private final String timer;
    private CountAtBucket[] last = {};
    private CountAtBucket[] now = {};
    private long lastCount;
    private long count;

    Latency(MeterRegistry meters, String timer) {
        this.meters = meters;
        this.timer = timer;
    }

    void read() {
        last = now;
        lastCount = count;
        var found = meters.find(timer).timer();
        if (found == null) return;
        now = found.takeSnapshot().histogramCounts();
        count = found.count();
    }

    long count() {
        return count - lastCount;
    }

    /** In seconds, between the bounds of the bucket that holds it; null when nothing was recorded. */
    @Nullable
    Double quantile(double quantile) {
        var all = count();
        if (all == 0 || now.length == 0) return null;
        var rank = quantile * all;
        double below = 0;
        double lower = 0;
        for (var i = 0; i < now.length; i++) {
            var upTo = now[i].count() - (i < last.length ? last[i].count() : 0);
            var upper = now[i].bucket(TimeUnit.NANOSECONDS) / 1e9;
            if (upTo >= rank) return upTo == below ? upper : lower + (upper - lower) * (rank - below) / (upTo - below);
            below = upTo;
            lower = upper;
        }
        return lower;
    }
}
