package dev.holdfast.bench;

import java.util.Locale;

/** A goal's limit held against what was measured. ratio: the median of the rounds; low and high their spread. */
record Verdict(String what, double ratio, double low, double high, boolean atLeast, double limit, String unit) {

    static Verdict atLeast(double limit, String what, Samples ratios) {
        return new Verdict(what, ratios.median(), ratios.min(), ratios.max(), true, limit, "x");
    }

    static Verdict atMost(double limit, String what, Samples ratios) {
        return new Verdict(what, ratios.median(), ratios.min(), ratios.max(), false, limit, "x");
    }

    /** Flat over a run's windows: the most of the later ones is at most a tenth above the first. */
    static Verdict flat(String what, Samples windows) {
        var grown = windows.overFirst();
        return new Verdict(
                what + ", most over the first window's", grown.max(), grown.min(), grown.max(), false, 1.1, "x");
    }

    /** Kept up over a run's windows: the least of the later ones is at most a tenth below the first. */
    static Verdict keptUp(String what, Samples windows) {
        var grown = windows.overFirst();
        return new Verdict(
                what + ", least over the first window's", grown.min(), grown.min(), grown.max(), true, 0.9, "x");
    }

    Verdict in(String otherUnit) {
        return new Verdict(what, ratio, low, high, atLeast, limit, otherUnit);
    }

    boolean met() {
        return atLeast ? ratio >= limit : ratio <= limit;
    }

    @Override
    public String toString() {
        String verdict =
                met() ? "met" : String.format(Locale.ROOT, "MISSED by %.0f %%", 100 * Math.abs(ratio / limit - 1));
        return String.format(
                Locale.ROOT,
                "%s: %s %s (%s to %s), goal %s %s: %s",
                what,
                Report.number(ratio),
                unit,
                Report.number(low),
                Report.number(high),
                atLeast ? "at least" : "at most",
                Report.number(limit),
                verdict);
    }
}
