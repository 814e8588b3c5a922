package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class ModelCallTest {
    @Test
    void a_call_ends_even_where_its_failure_cannot_be_sorted() throws Exception {
        var call = ModelCall.start(Flux.error(new IllegalStateException("a failure")), new Deaf(), () -> {}, error -> {
            throw new IllegalArgumentException("an answer that nobody foresaw", error);
        });
        try (call) {
            assertThat(call.end(Duration.ofSeconds(10)))
                    .isInstanceOfSatisfying(
                            ModelEnd.Failed.class,
                            failed -> assertThat(failed.failure().code()).isEqualTo("garbled"));
        }
    }

    private record Deaf() implements ModelListener {
        @Override
        public void alive() {}

        @Override
        public void said(String piece) {}
    }
}
