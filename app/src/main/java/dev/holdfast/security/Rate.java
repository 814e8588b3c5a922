package dev.holdfast.security;

import java.time.Duration;
import java.util.regex.Pattern;
import org.springframework.boot.convert.DurationStyle;

/** So many times per duration, written as in {@code 10/3m}. */
record Rate(int times, Duration per) {

    private static final Pattern WRITTEN = Pattern.compile("\\s*(\\d{1,9})\\s*/\\s*(\\S+)\\s*");

    /** Spring binds settings through this method. */
    public static Rate valueOf(String text) {
        var parts = WRITTEN.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "A limit is written as times/duration, as in 10/3m; \"%s\" is not".formatted(text));
        }
        var rate = new Rate(Integer.parseInt(parts.group(1)), DurationStyle.detectAndParse(parts.group(2)));
        if (rate.times < 1 || !rate.per.isPositive()) {
            throw new IllegalArgumentException(
                    "A limit allows at least once per duration; \"%s\" does not".formatted(text));
        }
        return rate;
    }

    Rate wider(int factor) {
        return new Rate((int) Math.min(Integer.MAX_VALUE, (long) times * factor), per);
    }

    @Override
    public String toString() {
        return "%d times in %s".formatted(times, words(per));
    }

    private static String words(Duration duration) {
        if (duration.toSeconds() % 60 != 0) {
            return duration.toSeconds() + " seconds";
        }
        return duration.toMinutes() == 1 ? "a minute" : duration.toMinutes() + " minutes";
    }
}
