package dev.holdfast.model;

import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * A body that OkHttp sends no second time: by itself it would repeat a request whose connection turns out dead, and a
 * model be asked twice in one attempt. The queue alone tries again, and shows it.
 */
final class SentOnce extends RequestBody {
    private final RequestBody body;

    private SentOnce(RequestBody body) {
        this.body = body;
    }

    static Request of(Request request) {
        RequestBody body = request.body();
        return body == null
                ? request
                : request.newBuilder()
                        .method(request.method(), new SentOnce(body))
                        .build();
    }

    @Override
    public boolean isOneShot() {
        return true;
    }

    @Override
    public @Nullable MediaType contentType() {
        return body.contentType();
    }

    @Override
    public long contentLength() throws IOException {
        return body.contentLength();
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
        body.writeTo(sink);
    }
}
