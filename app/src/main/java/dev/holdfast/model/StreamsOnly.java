package dev.holdfast.model;

import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.Response;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;

/**
 * Hands the stream of a reply on, and nothing else. Needed because the SDKs read whatever came with 200 as a stream, a web
 * page too, follow redirects with a GET, and of a refusal keep only what looks like their provider's.
 */
final class StreamsOnly implements Interceptor {
    private static final int LONGEST_BODY = 64 * 1024;
    private static final int BYTE_ORDER_MARK = 0xFEFF;

    /** The server answered, but not with a stream. Its message is only the status: the body may hold anything. */
    static final class NoStream extends IOException {
        final int status;
        final @Nullable String retryAfter;
        final String body;

        NoStream(int status, @Nullable String retryAfter, String body) {
            super("status " + status);
            this.status = status;
            this.retryAfter = retryAfter;
            this.body = body;
        }
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        Response redirect = response.priorResponse();
        if (redirect == null && response.isSuccessful() && isStream(response)) return response;
        try (response) {
            if (redirect != null) throw new NoStream(redirect.code(), null, "");
            String body = response.peekBody(LONGEST_BODY).string();
            throw new NoStream(response.code(), response.header("Retry-After"), body);
        }
    }

    /** Some servers name their stream otherwise, but no event begins as JSON and HTML do. */
    private static boolean isStream(Response response) throws IOException {
        MediaType type = response.body().contentType();
        if (type != null && type.subtype().equals("event-stream")) return true;
        BufferedSource start = response.body().source().peek();
        while (!start.exhausted()) {
            int first = start.readUtf8CodePoint();
            if (!Character.isWhitespace(first) && first != BYTE_ORDER_MARK) return "{[<".indexOf(first) < 0;
        }
        return true;
    }
}
