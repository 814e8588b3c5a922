package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void the_wait_doubles_up_to_a_minute_with_jitter() {
        var first = new HashSet<Duration>();
        for (int i = 0; i < 100; i++) {
            first.add(Backoff.after(1, null));
            assertThat(Backoff.after(1, null)).isBetween(Duration.ofMillis(750), Duration.ofMillis(1250));
            assertThat(Backoff.after(3, null)).isBetween(Duration.ofMillis(3000), Duration.ofMillis(5000));
            assertThat(Backoff.after(30, null)).isBetween(Duration.ofSeconds(45), Duration.ofSeconds(75));
        }
        assertThat(first).hasSizeGreaterThan(20);
    }

    @Test
    void it_is_never_shorter_than_the_provider_asked_for() {
        for (int i = 0; i < 100; i++) {
            assertThat(Backoff.after(1, Duration.ofSeconds(12)))
                    .isBetween(Duration.ofSeconds(12), Duration.ofSeconds(13));
            assertThat(Backoff.after(2, Duration.ofMillis(10))).isGreaterThan(Duration.ofMillis(1400));
        }
    }
}
