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
import org.jspecify.annotations.Nullable;

/**
 * Gives a request its thread when its body is there, so that nobody who sends slowly takes one from the others. No body is
 * kept beyond {@link #BYTES}: room for 64 kB of text with every byte escaped, and for nothing more; of who brings no session's
 * cookie none beyond {@link #BYTES_OF_STRANGERS}, which is more than a sign-in or a new account has to say. Nobody has more time for
 * it than twice what a connection may be idle. All that are under way have one {@link ByteBudget}: the body that has been in it for
 * longest makes way for those that come.
 *
 * <p>Not Jetty's EagerContentHandler: in 12.1.14 that waits for weeks for who stops sending, never ends a request whose
 * connection is gone, and gives a thread to a body over its limit.
 */
final class WholeBody extends Handler.Wrapper {

    static final int BYTES = 512 * 1024;
    static final int BYTES_OF_STRANGERS = 16 * 1024;
    private static final String SESSION = "HOLDFAST";

    private static final int MOST_READ = 16 * 1024 * 1024;
    private static final int LONGEST_IN_IDLE_TIMES = 2;

    private final ByteBudget budget = new ByteBudget();

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
    private final class Loading implements Runnable, ByteBudget.Holder {
        private final Request request;
        private final Response response;
        private final Callback callback;
        private final long until;
        private final int most;
        private ByteArrayOutputStream body = new ByteArrayOutputStream();
        private long read;
        private boolean evicted;

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
            var knows = Request.getCookies(request).stream().anyMatch(each -> SESSION.equals(each.getName()));
            most = knows ? BYTES : BYTES_OF_STRANGERS;
        }

        @Override
        public void run() {
            while (true) {
                var chunk = request.read();
                if (Content.Chunk.isFailure(chunk) || System.nanoTime() - until > 0) {
                    if (chunk != null) chunk.release();
                    budget.leave(this);
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
                // the rest first: an answer to somebody who still sends is lost
                // when the connection is closed under them
                if (last || read > MOST_READ) {
                    answer();
                    return;
                }
            }
        }

        private void take(ByteBuffer bytes) {
            var some = bytes.remaining();
            read += some;
            if (read > most) {
                budget.leave(this);
                forget();
            } else if (some > 0 && keep(BufferUtil.toArray(bytes))) {
                budget.take(this, some).forEach(ByteBudget.Holder::evicted);
            }
        }

        private synchronized boolean keep(byte[] some) {
            if (!evicted) body.writeBytes(some);
            return !evicted;
        }

        private synchronized void forget() {
            body = new ByteArrayOutputStream(0);
        }

        /** What still comes is read, and then refused. */
        @Override
        public synchronized void evicted() {
            evicted = true;
            forget();
        }

        private String tooLarge() {
            return most == BYTES
                    ? "The body is larger than %d bytes, the most that any call takes. Send less.".formatted(BYTES)
                    : "The body is larger than %d bytes, the most that is taken without a session. Send less, or sign in with POST /api/session."
                            .formatted(BYTES_OF_STRANGERS);
        }

        private synchronized byte @Nullable [] whole() {
            return evicted ? null : body.toByteArray();
        }

        private void answer() {
            budget.leave(this);
            if (read > most) {
                JettySetup.refuse(Problem.tooLarge(tooLarge()), response, callback);
                return;
            }
            var whole = whole();
            if (whole == null) {
                JettySetup.refuse(noRoom(), response, callback);
                return;
            }
            forget();
            var loaded = new Loaded(request, whole);
            try {
                if (!WholeBody.super.handle(loaded, response, Callback.from(loaded::forget, callback))) {
                    Response.writeError(request, response, callback, 404);
                }
            } catch (Exception | Error e) {
                Response.writeError(request, response, callback, e);
            }
        }
    }

    private static Problem noRoom() {
        return Problem.unavailable(
                "The server has no room for this body, because too many are under way, and nothing was stored."
                        + " Send it again.",
                Duration.ofSeconds(1));
    }

    private static final class Loaded extends Request.Wrapper {
        private volatile Content.Source body;
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

        /** An answer may wait long for who reads it, also to a body that nobody has looked at. */
        void forget() {
            body = Content.Source.from(BufferUtil.EMPTY_BUFFER);
        }

        @Override
        public void demand(Runnable whenThere) {
            body.demand(whenThere);
        }
    }
}
