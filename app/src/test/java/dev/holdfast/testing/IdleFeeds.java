package dev.holdfast.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * Thousands of open event streams on one thread: they read and forget, but note when a marked event arrived. An event
 * is marked by {@code ##<System.nanoTime() of the sender>##} anywhere in its text; nanoTime is one clock for all
 * processes of a Linux machine. A mark is no more work than a word: with an {@code @} in it the database would look for
 * a mention. Thread-safe.
 */
public final class IdleFeeds implements AutoCloseable {

    private static final int MARK = 23; // ##, 19 digits, ##
    private static final int CONNECTING_AT_ONCE = 32;

    /** Makes a mark for this moment. */
    public static String mark() {
        return mark(System.nanoTime());
    }

    public static String mark(long nanoTime) {
        return "##%019d##".formatted(nanoTime);
    }

    private static final byte[] NOTHING = new byte[0];

    private static final class Feed {
        final String cookie;
        SocketChannel socket;
        SelectionKey key;
        boolean open;
        boolean reading = true;
        byte[] tail = NOTHING;
        final Set<Long> marks = new HashSet<>();

        Feed(String cookie) {
            this.cookie = cookie;
        }
    }

    private final InetSocketAddress address;
    private final String path;
    private final int receiveBuffer;
    private final Selector selector;
    private final List<Feed> feeds = new ArrayList<>();
    private final Deque<Feed> waiting = new ArrayDeque<>();
    private final byte[] bytes = new byte[MARK + 64 * 1024];
    private final ByteBuffer buffer = ByteBuffer.wrap(bytes);
    private final Thread thread;
    private long[] lags = new long[1 << 16];
    private int count;
    private int wanted;
    private int open;
    private int ended;
    private int connecting;
    private volatile boolean once;
    private volatile boolean closed;

    /** @param cookies the Cookie header of each feed; as many feeds are opened */
    public IdleFeeds(URI server, String path, List<String> cookies) {
        this(server, path, cookies, 64 * 1024);
    }

    /** @param receiveBuffer bytes that the system takes for each feed, at least, though nobody reads them */
    public IdleFeeds(URI server, String path, List<String> cookies, int receiveBuffer) {
        this.receiveBuffer = receiveBuffer;
        address = new InetSocketAddress(server.getHost(), server.getPort());
        this.path = path;
        cookies.forEach(cookie -> feeds.add(new Feed(cookie)));
        waiting.addAll(feeds);
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = Thread.ofPlatform().daemon().name("idle-feeds").start(this::run);
    }

    /** Waits until every feed has had its answer's head and first bytes. */
    public IdleFeeds awaitOpen(Duration longest) throws TimeoutException {
        await(longest, () -> open == feeds.size(), "open");
        return this;
    }

    /** Waits until so many marked events have arrived, over all feeds, since the last {@link #lags}. */
    public void awaitMarks(int wanted, Duration longest) throws TimeoutException {
        synchronized (this) {
            this.wanted = wanted;
        }
        await(longest, () -> count >= wanted, "marked");
    }

    /** From now on a mark counts once for each feed, however often it comes: a reply's whole text comes again with its end. */
    public IdleFeeds once() {
        once = true;
        return this;
    }

    /** Nanoseconds from mark to arrival of every marked event since the last call. */
    public synchronized long[] lags() {
        var taken = Arrays.copyOf(lags, count);
        count = 0;
        return taken;
    }

    public synchronized int open() {
        return open;
    }

    /** Those that the server has closed. */
    public synchronized int ended() {
        return ended;
    }

    /** The first so many stop reading, or read again. */
    public synchronized void stall(int first, boolean stalled) {
        for (var feed : feeds.subList(0, first)) {
            feed.reading = !stalled;
            if (feed.key != null && feed.key.isValid()) feed.key.interestOps(stalled ? 0 : SelectionKey.OP_READ);
        }
        selector.wakeup();
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            thread.join();
            for (var feed : feeds) if (feed.socket != null) feed.socket.close();
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Condition {
        boolean holds();
    }

    private synchronized void await(Duration longest, Condition condition, String what) throws TimeoutException {
        var until = System.nanoTime() + longest.toNanos();
        while (!condition.holds()) {
            var left = (until - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new TimeoutException("after %s not all are %s: %d of %d open, %d ended, %d marks"
                        .formatted(longest, what, open, feeds.size(), ended, count));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void run() {
        try {
            while (!closed) {
                connectMore();
                selector.select(key -> handle((Feed) key.attachment()), 200);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void connectMore() throws IOException {
        while (!waiting.isEmpty() && connecting < CONNECTING_AT_ONCE) {
            var feed = waiting.poll();
            connecting++;
            feed.socket = SocketChannel.open();
            feed.socket.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
            feed.socket.configureBlocking(false);
            feed.socket.connect(address);
            feed.key = feed.socket.register(selector, SelectionKey.OP_CONNECT, feed);
        }
    }

    private void handle(Feed feed) {
        try {
            if (feed.key.isConnectable()) greet(feed);
            else if (feed.key.isReadable()) read(feed);
        } catch (IOException e) {
            end(feed);
        }
    }

    private void greet(Feed feed) throws IOException {
        feed.socket.finishConnect();
        var request = "GET " + path + " HTTP/1.1\r\nHost: " + address.getHostString() + ":" + address.getPort()
                + "\r\nAccept: text/event-stream\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
                + " Chrome/140.0.0.0 Safari/537.36\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\n"
                + "Referer: http://localhost/\r\nSec-Fetch-Mode: cors\r\nCookie: " + feed.cookie + "\r\n\r\n";
        feed.socket.write(ByteBuffer.wrap(request.getBytes(ISO_8859_1)));
        feed.key.interestOps(SelectionKey.OP_READ);
    }

    // as cheap as can be: on a small machine the readers' work is part of what is measured
    private void read(Feed feed) throws IOException {
        if (!feed.reading) return;
        System.arraycopy(feed.tail, 0, bytes, 0, feed.tail.length);
        buffer.clear().position(feed.tail.length);
        var read = feed.socket.read(buffer);
        var now = System.nanoTime();
        if (read < 0) {
            end(feed);
            return;
        }
        if (!feed.open) opened(feed);
        feed.tail = marks(feed, buffer.position(), now);
    }

    private synchronized void opened(Feed feed) throws IOException {
        var head = new String(bytes, 0, buffer.position(), ISO_8859_1);
        if (!head.startsWith("HTTP/1.1 200")) throw new IOException("the feed answered " + head);
        feed.open = true;
        open++;
        connecting--;
        notifyAll();
    }

    /** @return what may be the beginning of a mark */
    private byte[] marks(Feed feed, int length, long now) {
        var i = 0;
        while (i + MARK <= length) {
            if (bytes[i] != '#' || bytes[i + 1] != '#' || bytes[i + MARK - 1] != '#' || bytes[i + MARK - 2] != '#') {
                i++;
            } else {
                long mark = Long.parseLong(new String(bytes, i + 2, 19, ISO_8859_1));
                if (!once || feed.marks.add(mark)) add(now - mark);
                i += MARK;
            }
        }
        while (i < length && bytes[i] != '#') i++;
        return i < length ? Arrays.copyOfRange(bytes, i, length) : NOTHING;
    }

    private synchronized void add(long lag) {
        if (count == lags.length) lags = Arrays.copyOf(lags, 2 * count);
        lags[count++] = lag;
        if (count == wanted) notifyAll();
    }

    private synchronized void end(Feed feed) {
        if (feed.open) {
            ended++;
            open--;
        } else {
            // turned away by a server that is too busy: come again, as browsers do
            connecting--;
            waiting.add(feed);
        }
        feed.open = false;
        feed.key.cancel();
        try {
            feed.socket.close();
        } catch (IOException e) {
            // ended either way
        }
        notifyAll();
    }
}
