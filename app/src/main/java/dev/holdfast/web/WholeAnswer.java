package dev.holdfast.web;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;
import org.jspecify.annotations.Nullable;

/**
 * Takes an answer from the thread that makes it, so that nobody who reads slowly, or not at all, holds one from the others:
 * what the connection doesn't take at once is kept and written when it does. Where there is no room to keep more, the answer
 * that has been kept for longest is cut off. The feed keeps what it has to say itself, and passes.
 */
final class WholeAnswer extends Handler.Wrapper {

    /** More at once would be copied as a whole into memory of the thread's own, which keeps it. */
    private static final int PIECE = 32 * 1024;

    private final ByteBudget budget = new ByteBudget();

    WholeAnswer(Handler handler) {
        super(handler);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        var answer = new Answer(request, response, callback);
        return super.handle(request, answer, answer);
    }

    /** To whoever answers it seems that all is written at once. */
    private final class Answer extends Response.Wrapper implements Callback {
        private final Callback callback;
        // of a feed, which lasts, there is none
        private volatile @Nullable Writing writing;

        Answer(Request request, Response response, Callback callback) {
            super(request, response);
            this.callback = callback;
        }

        @Override
        public void write(boolean last, @Nullable ByteBuffer bytes, Callback taken) {
            var now = writing;
            if (now == null && isFeed()) {
                super.write(last, bytes, taken);
                return;
            }
            if (now == null) writing = now = new Writing(getRequest(), getWrapped(), callback);
            now.write(last, bytes, taken);
        }

        private boolean isFeed() {
            var type = getHeaders().get(HttpHeader.CONTENT_TYPE);
            return type != null && type.startsWith("text/event-stream");
        }

        @Override
        public boolean hasLastWrite() {
            var now = writing;
            return now == null ? super.hasLastWrite() : now.hasLast();
        }

        @Override
        public void succeeded() {
            var now = writing;
            if (now == null) callback.succeeded();
            else now.end(null);
        }

        @Override
        public void failed(Throwable failure) {
            var now = writing;
            if (now == null) callback.failed(failure);
            else now.end(failure);
        }
    }

    private record Piece(ByteBuffer bytes, boolean last) {}

    /** Writes one piece after the other, and ends the request when all are written and nothing more comes. */
    private final class Writing extends IteratingCallback implements ByteBudget.Holder {
        private final Request request;
        private final Response response;
        private final Callback callback;
        private final Queue<Piece> pieces = new ArrayDeque<>(2);
        private boolean last;
        private boolean ended;
        private boolean called;
        private @Nullable Throwable failure;

        Writing(Request request, Response response, Callback callback) {
            this.request = request;
            this.response = response;
            this.callback = callback;
        }

        void write(boolean isLast, @Nullable ByteBuffer bytes, Callback taken) {
            var kept = new byte[bytes == null ? 0 : bytes.remaining()];
            if (bytes != null) bytes.get(kept);
            Throwable gone;
            List<ByteBudget.Holder> evicted = List.of();
            synchronized (this) {
                gone = failure;
                last |= isLast;
                if (gone == null) {
                    split(ByteBuffer.wrap(kept), isLast);
                    if (kept.length > 0) evicted = budget.take(this, kept.length);
                }
            }
            if (gone != null) {
                taken.failed(gone);
                return;
            }
            evicted.forEach(ByteBudget.Holder::evicted);
            iterate();
            taken.succeeded();
        }

        private void split(ByteBuffer bytes, boolean isLast) {
            while (bytes.remaining() > PIECE) {
                pieces.add(new Piece(bytes.slice(bytes.position(), PIECE), false));
                bytes.position(bytes.position() + PIECE);
            }
            pieces.add(new Piece(bytes, isLast));
        }

        synchronized boolean hasLast() {
            return last;
        }

        /** @param why what whoever answers has failed with */
        void end(@Nullable Throwable why) {
            boolean over;
            synchronized (this) {
                ended = true;
                over = failure != null;
                if (failure == null) failure = why;
            }
            if (over) call();
            else iterate();
        }

        @Override
        protected Action process() throws Throwable {
            Piece next;
            synchronized (this) {
                if (failure != null) throw failure;
                next = pieces.poll();
                if (next == null) budget.leave(this);
                if (next == null) return ended ? Action.SUCCEEDED : Action.IDLE;
            }
            response.write(next.last, next.bytes, this);
            return Action.SCHEDULED;
        }

        @Override
        protected void onCompleteSuccess() {
            callback.succeeded();
        }

        /** That somebody has gone, is too slow, or was sent away, is no failure of the one who answers. */
        @Override
        protected void onCompleteFailure(Throwable cause) {
            boolean gone = cause instanceof IOException || cause instanceof TimeoutException;
            synchronized (this) {
                if (failure == null) failure = gone ? new EofException(cause) : cause;
                pieces.clear();
            }
            call();
        }

        private void call() {
            budget.leave(this);
            Throwable why;
            synchronized (this) {
                if (!ended || called) return;
                called = true;
                why = failure;
            }
            callback.failed(why);
        }

        @Override
        public void evicted() {
            request.getConnectionMetaData().getConnection().getEndPoint().close();
        }
    }
}
