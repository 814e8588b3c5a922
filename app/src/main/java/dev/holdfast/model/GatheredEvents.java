package dev.holdfast.model;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import okio.Buffer;
import okio.BufferedSource;
import okio.ByteString;
import okio.Source;
import okio.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * A stream of events, read ahead: those that differ in their text alone become one with the text of all, while the reader is
 * busy or has slack, and as long as it has, the body is left alone. To turn an event into text costs more than all else that is
 * done for it, and to be woken for it most of the rest, so a machine with more tokens than it has time for falls behind by a
 * few of them instead of for good. Else the stream is what came, without a byte order mark. Thread-safe for one reader.
 */
final class GatheredEvents implements Source {
    private static final int MOST_AHEAD = 64 * 1024;
    private static final int LONGEST_EVENT = 4096;
    private static final long WAITED = 1_000_000; // nanoseconds; what has come already is there sooner
    private static final byte[] START = "data:".getBytes(US_ASCII);
    private static final ByteString BYTE_ORDER_MARK = ByteString.encodeUtf8("\uFEFF");
    private static final byte[] NAME = "\"content\"".getBytes(US_ASCII);

    // let go of at the end: an SDK keeps what it reads until the collector has found it, long after the reply
    private Runnable cancel;
    private Supplier<Duration> slack;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Condition full = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final Buffer ahead = new Buffer();
    private byte[] last = {};
    private int text; // where the text of the last event begins
    private int rest = -1; // and ends; negative: it is not one that could be gathered with another
    private boolean begun; // the reader has got something
    private boolean paused; // nothing more comes for a while
    private boolean ended;
    private boolean closed;
    private @Nullable IOException failure;

    /**
     * @param cancel lets the body end at once
     * @param slack how long an event may wait for the next ones, asked each time
     * @param threads has a thread for the whole time that the body takes
     */
    GatheredEvents(BufferedSource body, Runnable cancel, Supplier<Duration> slack, Executor threads) {
        this.cancel = cancel;
        this.slack = slack;
        threads.execute(() -> readAhead(body));
    }

    private void readAhead(BufferedSource body) {
        IOException why = null;
        try (body) {
            if (body.rangeEquals(0, BYTE_ORDER_MARK)) body.skip(BYTE_ORDER_MARK.size());
            var piece = new Buffer();
            for (long began = System.nanoTime(); body.read(piece, MOST_AHEAD) >= 0; began = System.nanoTime()) {
                boolean waited = System.nanoTime() - began > WAITED;
                add(piece.readByteArray());
                if (waited) pause();
            }
        } catch (IOException e) {
            why = e;
        } catch (RuntimeException | Error e) { // the reader would wait for ever
            why = new IOException(e);
        }
        lock.lock();
        try {
            failure = why;
            ended = true;
            cancel = () -> {};
            slack = () -> Duration.ZERO;
            arrived.signal();
            full.signal();
        } finally {
            lock.unlock();
        }
    }

    /** A read that had to wait has read all: to be woken for each token that follows costs more than to read it. */
    private void pause() throws IOException {
        lock.lock();
        try {
            long left = begun ? slack.get().toNanos() : 0;
            paused = left > 0;
            full.signal();
            while (left > 0 && !closed) {
                left = room.awaitNanos(left);
            }
            paused = false;
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
    }

    private void add(byte[] piece) throws IOException {
        lock.lock();
        try {
            while (ahead.size() + last.length > MOST_AHEAD && !closed) {
                full.signal();
                room.await();
            }
            if (closed) throw new IOException("nobody reads it any more");
            for (int begin = 0, end; begin < piece.length; begin = end) {
                end = endOfEvent(piece, begin);
                addEvent(begin == 0 && end == piece.length ? piece : Arrays.copyOfRange(piece, begin, end));
            }
            arrived.signal();
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
    }

    private void addEvent(byte[] event) {
        if (gathered(event)) return;
        ahead.write(last);
        last = event;
        text = startsWith(event, START) ? textOf(event) : -1;
        rest = text < 0 ? -1 : endOfText(event, text);
        // what says nothing is there for something else
        if (rest <= text || !isWhole(event) || find(NAME, event, rest) >= 0) rest = -1;
    }

    /** Whether the event could be made part of the last one. */
    private boolean gathered(byte[] event) {
        if (rest < 0 || last.length > LONGEST_EVENT || event.length < text) return false;
        if (!Arrays.equals(last, 0, text, event, 0, text)) return false;
        int end = endOfText(event, text);
        if (end <= text || !Arrays.equals(last, rest, last.length, event, end, event.length)) return false;
        byte[] both = Arrays.copyOf(last, rest + event.length - text);
        System.arraycopy(event, text, both, rest, event.length - text);
        last = both;
        rest += end - text;
        return true;
    }

    /** Behind the empty line, or where the piece ends. */
    private static int endOfEvent(byte[] piece, int begin) {
        for (int i = begin + 1; i < piece.length; i++) {
            if (isEmptyLine(piece, i)) return i + 1;
        }
        return piece.length;
    }

    private static boolean isWhole(byte[] event) {
        return isEmptyLine(event, event.length - 1);
    }

    private static boolean isEmptyLine(byte[] piece, int end) {
        if (piece[end] != '\n') return false;
        return piece[end - 1] == '\n' || (end > 1 && piece[end - 1] == '\r' && piece[end - 2] == '\n');
    }

    /** Quotes within JSON's strings are escaped, so the name with its quotes is a name; negative: it has no text for a value. */
    private static int textOf(byte[] event) {
        int i = find(NAME, event, 0);
        if (i < 0) return -1;
        i = skipSpaces(event, i + NAME.length);
        if (i == event.length || event[i] != ':') return -1;
        i = skipSpaces(event, i + 1);
        return i == event.length || event[i] != '"' ? -1 : i + 1;
    }

    private static int skipSpaces(byte[] event, int from) {
        int i = from;
        while (i < event.length && event[i] == ' ') i++;
        return i;
    }

    private static int endOfText(byte[] event, int from) {
        for (int i = from; i < event.length; i++) {
            if (event[i] == '"') return i;
            if (event[i] == '\\') i++;
        }
        return -1;
    }

    private static int find(byte[] word, byte[] event, int from) {
        for (int i = from; i <= event.length - word.length; i++) {
            if (event[i] == word[0] && Arrays.equals(event, i, i + word.length, word, 0, word.length)) return i;
        }
        return -1;
    }

    private static boolean startsWith(byte[] event, byte[] word) {
        return event.length > word.length && Arrays.equals(event, 0, word.length, word, 0, word.length);
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
        lock.lock();
        try {
            if (ahead.exhausted()) awaitMore();
            long bytes = ahead.read(sink, byteCount);
            if (bytes < 0 && failure != null) throw failure;
            return bytes;
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
    }

    private void awaitMore() throws InterruptedException {
        room.signal();
        while (ahead.exhausted() && last.length == 0 && !ended) {
            arrived.await();
        }
        long left = begun ? slack.get().toNanos() : 0;
        while (left > 0 && !paused && !ended && ahead.size() + last.length <= MOST_AHEAD) {
            left = full.awaitNanos(left);
        }
        ahead.write(last);
        last = new byte[0];
        rest = -1;
        room.signal();
        begun = true;
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }

    @Override
    public Timeout timeout() {
        return Timeout.NONE; // the body has its own
    }

    /** The body is closed by the thread that reads it. */
    @Override
    public void close() {
        Runnable end;
        lock.lock();
        try {
            closed = true;
            room.signal();
            end = cancel;
        } finally {
            lock.unlock();
        }
        end.run();
    }
}
