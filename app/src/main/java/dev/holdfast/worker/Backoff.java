package dev.holdfast.worker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** How long to wait before the next attempt: 1, 2, 4 ... seconds, at most a minute, never less than the provider asked for. */
final class Backoff {
    private static final long FIRST_MILLIS = 1000;
    private static final long LONGEST_MILLIS = 60_000;

    private Backoff() {}

    /** @param attempt the one that failed, from 1 */
    static Duration after(int attempt, @Nullable Duration retryAfter) {
        long wait = jittered(Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(attempt - 1, 10)));
        if (retryAfter == null || retryAfter.toMillis() <= wait) return Duration.ofMillis(wait);
        // later than asked for, and not all at the same moment
        return retryAfter.plusMillis(ThreadLocalRandom.current().nextLong(1000));
    }

    /** Three quarters to five quarters of it. */
    static long jittered(long millis) {
        return millis * 3 / 4 + ThreadLocalRandom.current().nextLong(millis / 2 + 1);
    }
}
