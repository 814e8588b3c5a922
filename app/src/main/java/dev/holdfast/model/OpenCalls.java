package dev.holdfast.model;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.Response;

/**
 * The HTTP calls under way in one OkHttp client, found by their request id, so that any thread can close one at any
 * moment. Needed because the SDKs hide the call: cancelling their futures or streams does not close a request that
 * has not been answered, and waits for the next event of one that has. Thread-safe.
 */
final class OpenCalls implements Interceptor {
    /** OpenAI documents this header for finding a request in its logs; the others ignore it. */
    static final String REQUEST_ID = "X-Client-Request-Id";

    private final Map<String, Optional<Call>> calls = new ConcurrentHashMap<>();

    /** Before the request is made. */
    void open(String requestId) {
        calls.put(requestId, Optional.empty());
    }

    /** Closes the call's connection if it is under way, and lets it not begin if it has not. */
    void close(String requestId) {
        Optional<Call> call = calls.remove(requestId);
        if (call != null) call.ifPresent(Call::cancel);
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        String requestId = chain.request().header(REQUEST_ID);
        if (requestId != null && calls.computeIfPresent(requestId, (id, none) -> Optional.of(chain.call())) == null) {
            throw new IOException("request " + requestId + " was closed before it was sent");
        }
        return chain.proceed(SentOnce.of(chain.request()));
    }
}
