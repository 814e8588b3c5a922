package dev.holdfast.postgres;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * The process's one connection that LISTENs, outside every pool. It replaces itself when it is cut (at once) or
 * gone silent (within 15 s: it notifies itself every 5 s and waits for the echo), with jitter, LISTENs again and
 * then tells every listener to re-read. Thread-safe; a notification is told on the driver's own thread, without a
 * detour that would cost every event a change of threads.
 */
public final class ListenConnection implements SmartLifecycle, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ListenConnection.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private record Subscription(Set<String> channels, NotificationListener listener) {}

    private final DataSource unpooled;
    private final Counter reconnects;
    private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
    private final Semaphore wake = new Semaphore(0);
    private volatile boolean connected;
    private volatile @Nullable Thread thread;

    /** @param unpooled makes a new connection of PGJDBC-NG at every call; a pool would share or recycle it */
    public ListenConnection(DataSource unpooled, MeterRegistry meters) {
        this.unpooled = unpooled;
        reconnects = Counter.builder("holdfast.listener.reconnects")
                .description("Times the LISTEN connection was lost and made anew")
                .register(meters);
        Gauge.builder("holdfast.listener.connected", this, self -> self.connected ? 1 : 0)
                .description("1 while the LISTEN connection is up, else 0")
                .register(meters);
    }

    /** May be called before or after start; {@code onReconnected} follows once the channels are listened to. */
    public void subscribe(Set<String> channels, NotificationListener listener) {
        subscriptions.add(new Subscription(Set.copyOf(channels), listener));
        wake.release();
    }

    public void unsubscribe(NotificationListener listener) {
        subscriptions.removeIf(subscription -> subscription.listener.equals(listener));
    }

    public boolean connected() {
        return connected;
    }

    @Override
    public synchronized void start() {
        if (thread == null) {
            thread = Thread.ofPlatform().name("holdfast-listener").daemon().unstarted(this::run);
            thread.start();
        }
    }

    @Override
    public synchronized void stop() {
        var running = thread;
        if (running == null) return;
        thread = null;
        wake.release();
        try {
            running.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    /** Before all that listens, and stopped after it. */
    @Override
    public int getPhase() {
        return 0;
    }

    private void run() {
        var failures = 0;
        var before = false;
        while (thread == Thread.currentThread()) {
            try (var session = ListenSession.open(unpooled, this::notified, wake::release)) {
                if (before) reconnects.increment();
                before = true;
                failures = 0;
                serve(session);
            } catch (SQLException | RuntimeException | Error e) { // a thread that cannot be begun is an Error
                // one line per outage, not per attempt
                if (failures == 0) log.warn("The LISTEN connection is lost, it will be made anew: {}", e.getMessage());
                pause(++failures);
            } finally {
                connected = false;
            }
        }
    }

    private void serve(ListenSession session) throws SQLException {
        connected = true;
        while (thread == Thread.currentThread()) {
            for (var subscription : subscriptions) {
                if (session.listen(subscription.channels, subscription)) tell(subscription.listener::onReconnected);
            }
            await(session.untilCheck());
            session.check();
        }
    }

    private void notified(String channel, String payload) {
        for (var subscription : subscriptions) {
            if (subscription.channels.contains(channel)) {
                tell(() -> subscription.listener.onNotification(channel, payload));
            }
        }
    }

    private void await(Duration longest) {
        try {
            wake.tryAcquire(longest.toMillis(), TimeUnit.MILLISECONDS);
            wake.drainPermits();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            log.error("A notification listener failed; it will hear of later notifications", e);
        }
    }

    private void pause(int failures) {
        var longest = Math.min(LONGEST_PAUSE.toMillis(), 100L << Math.min(failures, 8));
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(longest / 2, longest));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
