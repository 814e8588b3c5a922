package dev.holdfast.ops;

import dev.holdfast.ProcessName;
import dev.holdfast.web.WebSide;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The last half hour for the live charts, so that a page that is opened has them at once: a sample every 5 s of the queue
 * in the whole database, and of this process's flushes and feed. Thread-safe.
 */
@WebSide
@Component
class Samples implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Samples.class);
    private static final Duration EVERY = Duration.ofSeconds(5);
    private static final int KEPT = 360;

    /**
     * @param process whose flushes and feed these are: behind several web processes any of them may answer
     * @param worker whether it runs generations, so that it has flushes to show
     * @param samples oldest first
     */
    record Window(String process, double everySeconds, boolean worker, List<Sample> samples) {}

    /** at in milliseconds since 1970, ages and times in seconds; null: nothing happened, or it could not be read */
    record Sample(
            long at,
            @Nullable Long queued,
            @Nullable Long running,
            @Nullable Long failed,
            @Nullable Double oldestAge,
            @Nullable Double flushP50,
            @Nullable Double flushP99,
            @Nullable Double flushesPerSecond,
            @Nullable Double bytesPerSecond,
            double feedClients,
            @Nullable Double lagP50,
            @Nullable Double lagP99) {}

    record Queue(long queued, long running, long failed, double oldestAge) {}

    private final JdbcClient jdbc;
    private final MeterRegistry meters;
    private final Duration every;
    private final Latency flush;
    private final Latency lag;
    private final ArrayDeque<Sample> kept = new ArrayDeque<>();
    private double bytes;
    private boolean failing;
    private volatile @Nullable Thread thread;

    @Autowired
    Samples(JdbcClient jdbc, MeterRegistry meters) {
        this(jdbc, meters, EVERY);
    }

    Samples(JdbcClient jdbc, MeterRegistry meters, Duration every) {
        this.jdbc = jdbc;
        this.meters = meters;
        this.every = every;
        flush = new Latency(meters, "holdfast.flush");
        lag = new Latency(meters, "holdfast.feed.lag");
    }

    synchronized Window after(long at) {
        return new Window(
                ProcessName.get(),
                seconds(),
                meters.find("holdfast.flush").timer() != null,
                kept.stream().filter(sample -> sample.at() > at).toList());
    }

    @Override
    public synchronized void start() {
        if (thread != null) return;
        thread = Thread.ofPlatform().daemon().name("holdfast-samples").unstarted(this::run);
        thread.start();
    }

    @Override
    public synchronized void stop() {
        var running = thread;
        thread = null;
        if (running != null) running.interrupt();
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    private void run() {
        try {
            while (thread == Thread.currentThread()) {
                add(sample());
                Thread.sleep(every);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the process ends
        }
    }

    private synchronized void add(Sample sample) {
        kept.add(sample);
        if (kept.size() > KEPT) kept.remove();
    }

    private Sample sample() {
        var queue = queue();
        flush.read();
        lag.read();
        var before = bytes;
        var counter = meters.find("holdfast.flush.bytes").counter();
        bytes = counter == null ? 0 : counter.count();
        var clients = meters.find("holdfast.feed.clients").gauge();
        return new Sample(
                Instant.now().toEpochMilli(),
                queue == null ? null : queue.queued(),
                queue == null ? null : queue.running(),
                queue == null ? null : queue.failed(),
                queue == null ? null : queue.oldestAge(),
                flush.quantile(0.5),
                flush.quantile(0.99),
                flush.count() / seconds(),
                (bytes - before) / seconds(),
                clients == null ? 0 : clients.value(),
                lag.quantile(0.5),
                lag.quantile(0.99));
    }

    private double seconds() {
        return every.toMillis() / 1000.0;
    }

    private @Nullable Queue queue() {
        try {
            var queue = jdbc.sql("""
                            select coalesce(sum(q.queued), 0)::bigint as queued, coalesce(sum(q.running), 0)::bigint as running,
                              coalesce(sum(q.failed), 0)::bigint as failed, coalesce(extract(epoch from max(q.oldest_age)), 0)::float8 as oldest_age
                            from ops.queue q
                            """).query(Queue.class).single();
            failing = false;
            return queue;
        } catch (RuntimeException | Error e) {
            // the driver throws anything when its connection is cut; whatever it is, the charts go on
            var told = failing || thread == null;
            if (!told) log.warn("The charts of /ops have a gap until the queue can be read: {}", e.toString());
            failing = true;
            return null;
        }
    }
}
