package dev.holdfast.worker;

import dev.holdfast.Settings;
import dev.holdfast.generation.Chunks;
import dev.holdfast.generation.Claimed;
import dev.holdfast.generation.Generations;
import dev.holdfast.generation.Generations.Partial;
import dev.holdfast.generation.Workers;
import dev.holdfast.model.Agents;
import dev.holdfast.model.Models;
import dev.holdfast.postgres.ListenConnection;
import dev.holdfast.postgres.NotificationListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The worker side of this process: three loops (claim, heartbeat, flush) around the slots, from start to drain. */
final class Worker implements SmartLifecycle, NotificationListener {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);
    private static final Duration POLL = Duration.ofSeconds(5);
    private static final Duration MOST_SLACK = Duration.ofMillis(250);
    private static final int LOOPS = 3;

    /** For replies and channels that somebody holds; what is left then comes back when its lease has run out. */
    private static final int HAND_BACK_TRIES = 10;

    private static final Duration HAND_BACK_PAUSE = Duration.ofMillis(200);

    private final Settings settings;
    private final ListenConnection listener;
    private final Generations generations;
    private final Identity identity;
    private final Slots slots;
    private final Heartbeat heartbeat;
    private final Flusher flusher;
    private final Loop claiming = new Loop("claim loop", this::claim);
    private final Loop beating = new Loop("heartbeat", this::beat);
    private final Loop flushing = new Loop("flusher", this::flush);
    private volatile boolean running;
    private volatile boolean stopping;
    private volatile Duration slack = Duration.ZERO;

    /** @param dataSource the workers' pool: the loops hold three connections, the slots share the rest */
    Worker(Settings settings, DataSource dataSource, Models models, ListenConnection listener, MeterRegistry meters) {
        this.settings = settings;
        this.listener = listener;
        var metrics = new WorkerMetrics(meters);
        var agents = new Agents(JdbcClient.create(dataSource));
        generations = new Generations(dataSource);
        identity = new Identity(new Workers(dataSource), settings.workerSlots());
        var threads = Persistence.threads(Math.max(1, settings.workerConnections() - LOOPS));
        var tools = new Slot.Tools(generations, agents, models, threads, metrics, flushing::wake, () -> slack);
        slots = new Slots(settings.workerSlots(), tools, claiming::wake);
        metrics.slots(slots.running()::size, () -> stopping || !identity.working() ? 0 : slots.free());
        heartbeat = new Heartbeat(generations, slots.running(), settings.lease(), metrics);
        flusher = new Flusher(new Chunks(dataSource), identity::id, slots.running(), metrics);
    }

    @Override
    public void start() {
        running = true;
        stopping = false;
        listener.subscribe(Set.of("generation_ready", "generation_changed"), this);
        beating.start();
        flushing.start();
        claiming.start();
        log.info("Worker {} takes up to {} generations at once", identity.name(), settings.workerSlots());
    }

    private Duration claim() {
        int free = slots.free();
        if (stopping || free == 0 || !identity.known()) return POLL; // woken when a slot is free, or the worker known
        List<Claimed> claimed = generations.claim(identity.id(), free, settings.lease());
        claimed.forEach(slots::run);
        return claimed.size() == free ? Duration.ZERO : POLL;
    }

    private Duration beat() {
        if (identity.register()) claiming.wake();
        heartbeat.beat(identity.id());
        identity.check();
        heartbeat.reap(beating.healthy());
        return heartbeat.interval();
    }

    /**
     * All text as soon as there is some, then not before the window is over, which widens when the database is slow. What
     * begins or ends meanwhile does not wait for that: it is little, and whoever asked next waits for the slot.
     */
    private Duration flush() throws InterruptedException {
        long began = System.nanoTime();
        boolean more = flusher.flush();
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        Duration interval = settings.flushInterval();
        boolean behind = took.compareTo(interval) > 0;
        Duration window = interval.compareTo(took.multipliedBy(2)) < 0 ? took.multipliedBy(2) : interval;
        // nobody could write the text sooner; an outage is not to look like a silent model
        slack = !behind ? Duration.ZERO : took.compareTo(MOST_SLACK) < 0 ? took : MOST_SLACK;
        long left = window.minus(took).toNanos();
        for (long until = System.nanoTime() + left; left > 0; left = until - System.nanoTime()) {
            Thread.sleep(Duration.ofNanos(Math.min(left, interval.toNanos())));
            if (behind) flusher.flushBegunAndEnded();
        }
        return more ? Duration.ZERO : POLL;
    }

    @Override
    public void onNotification(String channel, String payload) {
        if (channel.equals("generation_ready")) claiming.wake();
        else beating.wake();
    }

    @Override
    public void onReconnected() {
        beating.wake();
        claiming.wake();
    }

    /** Takes nothing new, finishes what it can in time, hands back the rest without counting the attempt, and signs off. */
    @Override
    public void stop() {
        if (!running) return;
        stopping = true;
        claiming.stop();
        quietly("mark itself as draining", identity::startDrain);
        boolean finished = slots.awaitEmpty(settings.drainTimeout());
        flushing.stop();
        if (!finished) handBack();
        beating.stop();
        listener.unsubscribe(this);
        quietly("sign off", identity::unregister);
        running = false;
    }

    private void handBack() {
        List<Reply> rest = slots.handBack();
        List<Partial> partials = rest.stream()
                .map(reply -> new Partial(reply.claimed, reply.text.end()))
                .toList();
        quietly("hand back " + rest.size() + " generations", () -> {
            int released = 0;
            for (int tries = 0; released < rest.size() && tries < HAND_BACK_TRIES; tries++) {
                if (tries > 0) LockSupport.parkNanos(HAND_BACK_PAUSE.toNanos());
                released += generations.release(identity.id(), partials);
            }
            log.info("Worker {} handed back {} of {} generations", identity.name(), released, rest.size());
        });
    }

    /** What fails here is mended by others when the leases run out. */
    private void quietly(String what, Runnable statement) {
        try {
            statement.run();
        } catch (DataAccessException e) {
            log.warn(
                    "Worker {} could not {}; its leases will expire instead: {}",
                    identity.name(),
                    what,
                    e.getMessage());
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the feed and the page's server stop, so that people see the last replies end. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 100;
    }
}
