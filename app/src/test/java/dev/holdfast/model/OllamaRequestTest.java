package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.ResponseInfo;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OllamaRequestTest {
    private final OllamaRequest request = new OllamaRequest(() -> {});
    private final AtomicInteger cancelled = new AtomicInteger();

    /** The JDK's client cancels under a lock under which it also brings the body. */
    @Test
    void an_answer_that_comes_while_its_request_is_closed_waits_for_nobody() {
        request.sent(new CompletableFuture<String>() {
            @Override
            public boolean cancel(boolean mayInterrupt) {
                CompletableFuture.runAsync(OllamaRequestTest.this::bodyComes)
                        .orTimeout(10, TimeUnit.SECONDS)
                        .join();
                return true;
            }
        });
        request.close();
        assertThat(cancelled).as("the body").hasPositiveValue();
    }

    @Test
    void what_comes_after_the_end_is_cancelled() {
        request.close();
        var response = request.sent(new CompletableFuture<String>());
        assertThat(response).isCancelled();
        bodyComes();
        assertThat(cancelled).as("the body").hasValue(1);
    }

    private void bodyComes() {
        request.watching(BodyHandlers.ofString()).apply(new Headers()).onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long count) {}

            @Override
            public void cancel() {
                cancelled.incrementAndGet();
            }
        });
    }

    private record Headers() implements ResponseInfo {
        @Override
        public int statusCode() {
            return 200;
        }

        @Override
        public HttpHeaders headers() {
            return HttpHeaders.of(Map.of(), (name, value) -> true);
        }

        @Override
        public HttpClient.Version version() {
            return HttpClient.Version.HTTP_1_1;
        }
    }
}
