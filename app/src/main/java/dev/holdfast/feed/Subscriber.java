package dev.holdfast.feed;

import jakarta.servlet.AsyncContext;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.UUID;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * One browser on the feed. Whoever sends never waits for it: what its connection doesn't take at once is queued up
 * to {@link #MOST_UNSENT} bytes, then the browser is dropped and comes back by cursor. An idle one holds nothing but
 * this object; the bytes of an event are shared by all who get it. Thread-safe.
 *
 * <p>It writes to the connection below the response, whose head has been sent and which has no other writer: an event
 * costs one call of the system and little else, half of what the servlet's output stream costs (ops/bench, goal 8).
 */
final class Subscriber implements Callback {

    static final int MOST_UNSENT = 256 * 1024;
    private static final int MERGE_AT_MOST = 32 * 1024;
    private static final long STALLED = Duration.ofSeconds(60).toNanos();

    /** Why a subscriber was let go. */
    enum End {
        GONE,
        TOO_SLOW,
        NOT_ALLOWED,
        SHUTDOWN,
        RESTORED
    }

    /** Hears once that a subscriber has ended; may be called on any thread, so it only notes it. */
    interface Ended {
        void ended(Subscriber subscriber, End reason);
    }

    final UUID account;
    final String session;
    private final AsyncContext context;
    private final EndPoint connection;
    private final Ended listener;
    private @Nullable ArrayDeque<byte[]> waiting;
    private int waitingBytes;
    private int inFlight;
    private boolean writing;
    private boolean leaving;
    private long busySince;
    private @Nullable End end;

    Subscriber(UUID account, String session, AsyncContext context, EndPoint connection, Ended listener) {
        this.account = account;
        this.session = session;
        this.context = context;
        this.connection = connection;
        this.listener = listener;
    }

    /** @param event never changed again by anybody */
    void send(byte[] event) {
        synchronized (this) {
            if (end != null) return;
            var unsent = waitingBytes + inFlight;
            if (unsent == 0) {
                write(ByteBuffer.wrap(event));
                return;
            }
            if (unsent + event.length <= MOST_UNSENT) {
                if (waiting == null) waiting = new ArrayDeque<>(4);
                waiting.add(event);
                waitingBytes += event.length;
                return;
            }
        }
        end(End.TOO_SLOW);
    }

    /** The last event; the feed ends when the connection has taken it, and until then must be {@link #end ended} by force. */
    void sendLast(byte[] event) {
        send(event);
        synchronized (this) {
            leaving = true;
            if (waitingBytes + inFlight > 0) return;
        }
        end(End.SHUTDOWN);
    }

    synchronized boolean ended() {
        return end != null;
    }

    /** Bytes that the connection has not taken yet. */
    synchronized int unsent() {
        return waitingBytes + inFlight;
    }

    /** Lets go of one that has taken nothing for a minute, though little waits for it. */
    void endIfStalled(long now) {
        synchronized (this) {
            if (inFlight == 0 || now - busySince < STALLED) return;
        }
        end(End.TOO_SLOW);
    }

    void end(End reason) {
        boolean cut;
        synchronized (this) {
            if (end != null) return;
            end = reason;
            cut = inFlight > 0 || reason == End.GONE;
            waiting = null;
            waitingBytes = 0;
        }
        if (cut) connection.close();
        try {
            context.complete();
        } catch (IllegalStateException e) {
            // the container has ended it already
        }
        listener.ended(this, reason);
    }

    @Override
    public void succeeded() {
        synchronized (this) {
            inFlight = 0;
            if (writing) return; // within write() its own loop goes on
            if (waiting != null) write(next(waiting));
            if (!leaving || waitingBytes + inFlight > 0) return;
        }
        end(End.SHUTDOWN);
    }

    @Override
    public void failed(Throwable failure) {
        end(End.GONE);
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    private void write(ByteBuffer bytes) {
        writing = true;
        for (var next = bytes; next != null; next = inFlight == 0 && waiting != null ? next(waiting) : null) {
            inFlight = next.remaining();
            connection.write(this, next);
        }
        writing = false;
        if (inFlight > 0) busySince = System.nanoTime();
    }

    // one that lags gets its backlog in fewer writes
    private ByteBuffer next(ArrayDeque<byte[]> backlog) {
        var first = backlog.poll();
        var bytes = ByteBuffer.wrap(first);
        if (!backlog.isEmpty() && first.length + backlog.peek().length <= MERGE_AT_MOST) {
            bytes = ByteBuffer.allocate(Math.min(waitingBytes, MERGE_AT_MOST)).put(first);
            while (!backlog.isEmpty() && backlog.peek().length <= bytes.remaining()) bytes.put(backlog.poll());
            bytes.flip();
        }
        waitingBytes -= bytes.remaining();
        if (backlog.isEmpty()) waiting = null;
        return bytes;
    }
}
