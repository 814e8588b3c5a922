package dev.holdfast.bench;

import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Interleaves sides: A B C, A B C, ... after one turn of each as warm-up, so that what the machine does meets all alike. */
final class Rounds {

    private Rounds() {}

    /** How many rounds count: five, or two with -Dquick; -Drounds=n says otherwise. */
    static int count() {
        return Integer.getInteger("rounds", quick() ? 2 : 5);
    }

    /** A run with fewer rounds, minutes or messages says something else than what is kept, and goes where -Dresults says alone. */
    static boolean kept() {
        boolean whole = Stream.of("rounds", "minutes", "messages").allMatch(each -> System.getProperty(each) == null);
        return !quick() && (whole || System.getProperty("results") != null);
    }

    static boolean quick() {
        return System.getProperty("quick") != null;
    }

    /** A full run's seconds, or a fifth of them (one at least) with -Dquick. */
    static int seconds(int full) {
        return quick() ? Math.max(1, full / 5) : full;
    }

    /** How long a window is of a side that goes on without turns: all of them together five minutes, or as -Dminutes=n says. */
    static int windowSeconds() {
        return Math.max(5, Integer.getInteger("minutes", quick() ? 0 : 5) * 60 / count());
    }

    static void interleave(Report report, Side... sides) throws Exception {
        for (Side side : sides) {
            report.progress(
                    "warm-up  %s  %s",
                    side.name(), Report.brief(side.measurement().measure()));
        }
        for (int round = 1; round <= count(); round++) {
            for (Side side : List.of(sides)) {
                var figures = side.measurement().measure();
                report.progress("round %d  %s  %s", round, side.name(), Report.brief(figures));
                new TreeMap<>(figures).forEach((metric, figure) -> report.add(side.name(), metric, figure));
            }
        }
    }
}
