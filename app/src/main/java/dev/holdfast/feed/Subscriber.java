package dev.holdfast.feed;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One browser on the feed. Whoever sends never waits for it: what its connection doesn't take at once is queued up
 * to {@link #MOST_UNSENT} bytes, then the browser is dropped and comes back by cursor. An idle one holds nothing but
 * this object; the bytes of an event are shared by all who get it. Thread-safe.
 */
final class Subscriber implements WriteListener {

    static final int MOST_UNSENT = 256 * 1024;
    private static final int MERGE_AT_MOST = 32 * 1024;
    private static final Duration STALLED = Duration.ofSeconds(60);

    /** Why a subscriber was let go. */
    enum End { GONE, TOO_SLOW, NOT_ALLOWED, SHUTDOWN }

    /** Hears once that a subscriber has ended; may be called on any thread, so it only notes it. */
    interface Ended {
        void ended(Subscriber subscriber, End reason);
    }

    final UUID account;
    final String session;
    private final AsyncContext context;
    private final ServletOutputStream out;
    private final Ended listener;
    private @Nullable ArrayDeque<byte[]> waiting;
    private int waitingBytes;
    private int inFlight;
    private long lastProgress = System.nanoTime();
    private boolean open;
    private @Nullable End end;

    Subscriber(UUID account, String session, AsyncContext context, Ended listener) throws IOException {
        this.account = account;
        this.session = session;
        this.context = context;
        this.listener = listener;
        out = context.getResponse().getOutputStream();
    }

    /** @param event never changed again by anybody */
    void send(byte[] event) {
        synchronized (this) {
            if (end != null) return;
            var unsent = unsent();
            if (unsent == 0 || unsent + event.length <= MOST_UNSENT) {
                if (unsent == 0) lastProgress = System.nanoTime();
                enqueue(event);
                write();
                return;
            }
        }
        end(End.TOO_SLOW);
    }

    /** Bytes that the connection has not taken yet. */
    synchronized int unsent() {
        if (inFlight > 0 && out.isReady()) inFlight = 0;
        return waitingBytes + inFlight;
    }

    /** Lets go of one that takes nothing any more, though little waits for it. */
    void endIfStalled(long now) {
        synchronized (this) {
            if (end != null || unsent() == 0 || now - lastProgress < STALLED.toNanos()) return;
        }
        end(End.TOO_SLOW);
    }

    void end(End reason) {
        synchronized (this) {
            if (end != null) return;
            end = reason;
            waiting = null;
            waitingBytes = 0;
        }
        try {
            context.complete();
        } catch (IllegalStateException e) {
            // the container has ended it already
        }
        listener.ended(this, reason);
    }

    @Override
    public void onWritePossible() {
        synchronized (this) {
            open = true;
            inFlight = 0;
            lastProgress = System.nanoTime();
            write();
        }
    }

    @Override
    public void onError(Throwable failure) {
        end(End.GONE);
    }

    private void enqueue(byte[] event) {
        if (waiting == null) waiting = new ArrayDeque<>(2);
        waiting.add(event);
        waitingBytes += event.length;
    }

    // a ByteBuffer, because Jetty neither copies nor collects one: a write is one call of the system
    private void write() {
        try {
            while (end == null && open && waiting != null && out.isReady()) {
                var next = next(waiting);
                waitingBytes -= next.remaining();
                if (waiting.isEmpty()) waiting = null;
                inFlight = next.remaining();
                out.write(next);
            }
        } catch (IOException | IllegalStateException e) {
            waiting = null;
            waitingBytes = 0;
            end(End.GONE);
        }
    }

    // one that lags gets its backlog in fewer writes
    private static ByteBuffer next(ArrayDeque<byte[]> waiting) {
        var first = waiting.poll();
        if (waiting.isEmpty() || first.length + waiting.peek().length > MERGE_AT_MOST) return ByteBuffer.wrap(first);
        var merged = ByteBuffer.allocate(MERGE_AT_MOST).put(first);
        while (!waiting.isEmpty() && waiting.peek().length <= merged.remaining()) merged.put(waiting.poll());
        return merged.flip();
    }
}
