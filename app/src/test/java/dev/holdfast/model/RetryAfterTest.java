package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RetryAfterTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");

    @Test
    void seconds_decimals_and_dates_are_read() {
        assertThat(RetryAfter.parse("12", NOW)).isEqualTo(Duration.ofSeconds(12));
        assertThat(RetryAfter.parse(" 0.5 ", NOW)).isEqualTo(Duration.ofMillis(500));
        assertThat(RetryAfter.parse("Mon, 23 Nov 2026 10:00:30 GMT", NOW)).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void what_is_missing_past_or_nonsense_is_none_and_what_is_too_long_is_shortened() {
        assertThat(RetryAfter.parse(null, NOW)).isNull();
        assertThat(RetryAfter.parse("", NOW)).isNull();
        assertThat(RetryAfter.parse("-3", NOW)).isNull();
        assertThat(RetryAfter.parse("soon", NOW)).isNull();
        assertThat(RetryAfter.parse("Mon, 23 Nov 2026 09:00:00 GMT", NOW)).isNull();
        assertThat(RetryAfter.parse("NaN", NOW)).isEqualTo(Duration.ZERO);
        assertThat(RetryAfter.parse("1e30", NOW)).isEqualTo(RetryAfter.LONGEST);
    }
}
