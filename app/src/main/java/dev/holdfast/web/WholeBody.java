package dev.holdfast.web;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * Gives a request its thread when its body is there, so that nobody who sends slowly takes one from the others. No body is
 * kept beyond {@link #BYTES}: room for 64 kB of text with every byte escaped, and for nothing more. Nobody has more time for
 * it than twice what a connection may be idle.
 *
 * <p>Not Jetty's EagerContentHandler: in 12.1.14 that waits for weeks for who stops sending, never ends a request whose
 * connection is gone, and gives a thread to a body over its limit.
 */
final class WholeBody extends Handler.Wrapper {

    static final int BYTES = 512 * 1024;

    private static final int MOST_READ = 16 * 1024 * 1024;
    private static final int LONGEST_IN_IDLE_TIMES = 2;

    WholeBody(Handler handler) {
        super(handler);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        var headers = request.getHeaders();
        if (!headers.contains(HttpHeader.CONTENT_LENGTH) && !headers.contains(HttpHeader.TRANSFER_ENCODING)) {
            var typed = headers.contains(HttpHeader.CONTENT_TYPE);
            return super.handle(typed ? new Loaded(request, new byte[0]) : request, response, callback);
        }
        new Loading(request, response, callback).run();
        return true;
    }

    /** Runs whenever there is something to read, or nothing came for the server's idle time. */
    private final class Loading implements Runnable {
        private final Request request;
        private final Response response;
        private final Callback callback;
        private final long until;
        private ByteArrayOutputStream body = new ByteArrayOutputStream();
        private long read;

        Loading(Request request, Response response, Callback callback) {
            this.request = request;
            this.response = response;
            this.callback = callback;
            var idle = request.getConnectionMetaData()
                    .getConnection()
                    .getEndPoint()
                    .getIdleTimeout();
            until = System.nanoTime()
                    + Duration.ofMillis(LONGEST_IN_IDLE_TIMES * idle).toNanos();
        }

        @Override
        public void run() {
            while (true) {
                var chunk = request.read();
                if (Content.Chunk.isFailure(chunk) || System.nanoTime() - until > 0) {
                    if (chunk != null) chunk.release();
                    JettySetup.refuse(Problem.cutShort(), response, callback);
                    return;
                }
                if (chunk == null) {
                    request.demand(this);
                    return;
                }
                take(chunk.getByteBuffer());
                var last = chunk.isLast();
                chunk.release();
                // the rest first: an answer to somebody who still sends is lost when the connection is closed under
                // them
                if (last || read > MOST_READ) {
                    answer();
                    return;
                }
            }
        }

        private void take(ByteBuffer bytes) {
            read += bytes.remaining();
            if (read <= BYTES) body.writeBytes(BufferUtil.toArray(bytes));
            else body = new ByteArrayOutputStream(0);
        }

        private void answer() {
            if (read > BYTES) {
                var detail =
                        "The body is larger than %d bytes, the most that any call takes. Send less.".formatted(BYTES);
                JettySetup.refuse(Problem.tooLarge(detail), response, callback);
                return;
            }
            try {
                if (!WholeBody.super.handle(new Loaded(request, body.toByteArray()), response, callback)) {
                    Response.writeError(request, response, callback, 404);
                }
            } catch (Exception | Error e) {
                Response.writeError(request, response, callback, e);
            }
        }
    }

    private static final class Loaded extends Request.Wrapper {
        private final Content.Source body;
        private final HttpFields headers;

        Loaded(Request request, byte[] body) {
            super(request);
            this.body = Content.Source.from(ByteBuffer.wrap(body));
            // of what is not there a type says nothing: curl -d '' names a form's
            headers = body.length > 0
                    ? request.getHeaders()
                    : HttpFields.build(request.getHeaders())
                            .remove(HttpHeader.CONTENT_TYPE)
                            .asImmutable();
        }

        @Override
        public HttpFields getHeaders() {
            return headers;
        }

        @Override
        public Content.Chunk read() {
            return body.read();
        }

        @Override
        public void demand(Runnable whenThere) {
            body.demand(whenThere);
        }
    }
}
