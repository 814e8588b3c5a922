package dev.holdfast.model;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Okio;
import okio.Source;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP calls under way in one OkHttp client, found by their request id, so that any thread can close one at any
 * moment. Needed because the SDKs hide the call: cancelling their futures or streams does not close a request that
 * has not been answered, and waits for the next event of one that has. Thread-safe.
 */
final class OpenCalls implements Interceptor {
    /** OpenAI documents this header for finding a request in its logs; the others ignore it. */
    static final String REQUEST_ID = "X-Client-Request-Id";

    private static final long UNKNOWN_LENGTH = -1;

    private record Open(
            Supplier<Duration> slack,
            @Nullable Call call,
            @Nullable BodyTail tail) {}

    private final Map<String, Open> calls = new ConcurrentHashMap<>();

    /**
     * Before the request is made.
     *
     * @param slack how long what the model says may wait for what follows, where {@link #gather} is an interceptor too
     */
    void open(String requestId, Supplier<Duration> slack) {
        calls.put(requestId, new Open(slack, null, null));
    }

    /** Closes the call's connection if it is under way, and lets it not begin if it has not. */
    void close(String requestId) {
        Open open = calls.remove(requestId);
        if (open != null && open.call != null) open.call.cancel();
    }

    /** As {@link BodyTail#finishReason}, where {@link #keepTail} is an interceptor too. */
    @Nullable
    String finishReason(String requestId) {
        Open open = calls.get(requestId);
        return open == null || open.tail == null ? null : open.tail.finishReason();
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        String requestId = chain.request().header(REQUEST_ID);
        if (requestId != null
                && calls.computeIfPresent(requestId, (id, open) -> new Open(open.slack, chain.call(), null)) == null) {
            throw new IOException("request " + requestId + " was closed before it was sent");
        }
        return chain.proceed(SentOnce.of(chain.request()));
    }

    /** An interceptor of its own: see {@link BodyTail}. */
    Response keepTail(Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        String requestId = chain.request().header(REQUEST_ID);
        if (requestId == null || !response.isSuccessful()) return response;
        var tail = new BodyTail(response.body().source());
        calls.computeIfPresent(requestId, (id, open) -> new Open(open.slack, open.call, tail));
        return with(tail, response);
    }

    /** An interceptor of its own, around {@link #keepTail}. */
    Response gather(Chain chain, Executor threads) throws IOException {
        Response response = chain.proceed(chain.request());
        String requestId = chain.request().header(REQUEST_ID);
        Open open = requestId == null ? null : calls.get(requestId);
        if (open == null || !response.isSuccessful()) return response;
        try {
            return with(
                    new GatheredEvents(response.body().source(), chain.call()::cancel, open.slack, threads), response);
        } catch (RejectedExecutionException e) {
            response.close();
            throw new IOException("the process ends", e);
        }
    }

    /** One of its own: OkHttp's leads to the call and the request, which the SDKs would keep as they do what they read. */
    private static Response with(Source source, Response response) {
        MediaType type = response.body().contentType();
        return new Response.Builder()
                .request(response.request().newBuilder().get().build())
                .protocol(response.protocol())
                .code(response.code())
                .message(response.message())
                .headers(response.headers())
                .body(ResponseBody.create(Okio.buffer(source), type, UNKNOWN_LENGTH))
                .build();
    }
}
