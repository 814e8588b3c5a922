package dev.holdfast.model;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP calls under way in one OkHttp client, found by their request id, so that any thread can close one at any
 * moment. Needed because the SDKs hide the call: cancelling their futures or streams does not close a request that
 * has not been answered, and waits for the next event of one that has. Thread-safe.
 */
final class OpenCalls implements Interceptor {
    /** OpenAI documents this header for finding a request in its logs; the others ignore it. */
    static final String REQUEST_ID = "X-Client-Request-Id";

    private record Open(@Nullable Call call, @Nullable BodyTail tail) {}

    private final Map<String, Open> calls = new ConcurrentHashMap<>();

    /** Before the request is made. */
    void open(String requestId) {
        calls.put(requestId, new Open(null, null));
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
                && calls.computeIfPresent(requestId, (id, open) -> new Open(chain.call(), null)) == null) {
            throw new IOException("request " + requestId + " was closed before it was sent");
        }
        return chain.proceed(SentOnce.of(chain.request()));
    }

    /** An interceptor of its own, for the client whose finish reasons Spring AI does not tell. */
    Response keepTail(Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        String requestId = chain.request().header(REQUEST_ID);
        ResponseBody body = response.body();
        if (requestId == null || body == null || !response.isSuccessful()) return response;
        var tail = new BodyTail(body.source());
        calls.computeIfPresent(requestId, (id, open) -> new Open(open.call, tail));
        return response.newBuilder()
                .body(ResponseBody.create(Okio.buffer(tail), body.contentType(), body.contentLength()))
                .build();
    }
}
