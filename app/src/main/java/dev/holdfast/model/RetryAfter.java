package dev.holdfast.model;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** The Retry-After header of RFC 9110: seconds, also with decimals as some send, or a date. */
final class RetryAfter {
    /** Longer is not waited: the reply would look forgotten. */
    static final Duration LONGEST = Duration.ofMinutes(10);

    private RetryAfter() {}

    /** @return null when there is none, or none that can be read */
    static @Nullable Duration parse(@Nullable String header, Instant now) {
        if (header == null || header.isBlank()) return null;
        Duration wait;
        try {
            wait = Duration.ofMillis((long) (Double.parseDouble(header.strip()) * 1000));
        } catch (NumberFormatException e) {
            wait = untilDate(header.strip(), now);
        }
        if (wait == null || wait.isNegative()) return null;
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }

    private static @Nullable Duration untilDate(String date, Instant now) {
        try {
            return Duration.between(
                    now,
                    ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant());
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
