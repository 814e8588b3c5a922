package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenCallsTest {

    /** An SDK's reader is found by the collector alone, long after, and a request with its context has tens of kB. */
    @ParameterizedTest(name = "gathered: {0}")
    @ValueSource(booleans = {true, false})
    void a_response_that_has_been_read_keeps_neither_its_request_nor_its_reply(boolean gathered) throws Exception {
        var calls = new OpenCalls();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = ModelServer.start().on("gpt", Script.says("It holds."))) {
            var client = new OkHttpClient.Builder().addInterceptor(calls);
            if (gathered) client.addInterceptor(chain -> calls.gather(chain, threads));
            client.addInterceptor(calls::keepTail);
            var reply = new AtomicInteger();
            var request = RequestBody.create(
                    "{\"model\": \"gpt\", \"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"?\"}]}",
                    MediaType.get("application/json"));
            calls.open("one", slackOf(reply));
            Response response = client.build()
                    .newCall(new Request.Builder()
                            .url(server.openAiBaseUrl() + "/chat/completions")
                            .header(OpenCalls.REQUEST_ID, "one")
                            .post(request)
                            .build())
                    .execute();
            assertThat(response.body().string()).endsWith("data: [DONE]\n\n");
            calls.close("one");
            var kept = List.of(new WeakReference<Object>(request), new WeakReference<Object>(reply));
            request = null;
            reply = null;
            awaitForgotten(kept);
            assertThat(response.isSuccessful()).isTrue();
        }
    }

    private static Supplier<Duration> slackOf(AtomicInteger millis) {
        return () -> Duration.ofMillis(millis.get());
    }

    private static void awaitForgotten(List<WeakReference<Object>> kept) {
        long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (kept.stream().anyMatch(each -> each.get() != null)) {
            assertThat(System.nanoTime()).as("still kept: %s", kept).isLessThan(until);
            System.gc();
        }
    }
}
