package dev.holdfast.feed;

import dev.holdfast.feed.Subscriber.End;
import dev.holdfast.feed.Wakeups.Round;
import dev.holdfast.postgres.ListenConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;

/**
 * The one thread that turns notifications into events: it waits, re-reads the changed channels with one select, and
 * hands each channel's event to all who may have it. A notification is only a hint, so every 5 s it looks at all
 * channels by itself.
 */
final class Relay implements SmartLifecycle, Subscriber.Ended {

    private static final Logger log = LoggerFactory.getLogger(Relay.class);
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final int POLL_SECONDS = 5;
    private static final int HEADS_SECONDS = 15;

    /** What the relay asks the database. */
    record Reading(Changes changes, Door door, Lineage lineage) {}

    private final ListenConnection listener;
    private final Audience audience;
    private final Changes changes;
    private final Door door;
    private final Lineage lineage;
    private final FeedMetrics metrics;
    private final Wakeups wakeups = new Wakeups();
    /** Channels in which the last poll found something that nobody has announced since. */
    private final Set<UUID> unannounced = new HashSet<>();

    private final Queue<Subscriber> gone = new ConcurrentLinkedQueue<>();
    private volatile boolean running;
    private @Nullable Thread thread;
    private @Nullable String incarnation;
    private boolean failing;

    Relay(ListenConnection listener, Audience audience, Reading reading, FeedMetrics metrics) {
        this.listener = listener;
        this.audience = audience;
        this.changes = reading.changes();
        this.door = reading.door();
        this.lineage = reading.lineage();
        this.metrics = metrics;
    }

    /** Sends hello and then every event, from now on. */
    void join(Subscriber subscriber, List<Membership> memberships) {
        audience.join(subscriber, lineage.name(), memberships).forEach(wakeups::channel);
        // what was read before joining may have changed before we listened to its changes
        wakeups.account(subscriber.account);
        if (!running) subscriber.sendLast(Wire.farewell()); // stop() may have missed it
    }

    @Override
    public void ended(Subscriber subscriber, End reason) {
        if (reason == End.TOO_SLOW) metrics.dropped();
        gone.add(subscriber);
        wakeups.wakeUp();
    }

    @Override
    public void start() {
        running = true;
        listener.subscribe(Wakeups.NAMES, wakeups);
        thread = Thread.ofPlatform().name("holdfast-relay").daemon().start(this::run);
    }

    /** Before the web server stops: it would wait for the feeds to end. */
    @Override
    public void stop() {
        running = false;
        listener.unsubscribe(wakeups);
        wakeups.wakeUp();
        join(thread);
        var everybody = audience.everybody();
        for (var subscriber : everybody) subscriber.sendLast(Wire.farewell());
        // one that stalls must not hold up the end
        var until = System.nanoTime() + SECOND;
        while (!everybody.stream().allMatch(Subscriber::ended) && System.nanoTime() < until) wakeups.take(until);
        for (var subscriber : everybody) subscriber.end(End.SHUTDOWN);
        if (!everybody.isEmpty()) log.info("Sent {} browsers elsewhere", everybody.size());
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** After the workers, so that people see their last replies end. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 200;
    }

    private void run() {
        var began = System.nanoTime();
        var seconds = new Seconds(0, 0);
        while (running) {
            var round = wakeups.take(began + (seconds.last() + 1) * SECOND);
            seconds = seconds.next((System.nanoTime() - began) / SECOND);
            attempt(round, seconds);
        }
    }

    private void attempt(Round round, Seconds seconds) {
        try {
            audience.leave(theGone());
            if (seconds.passed()) audience.heads(account -> seconds.turn(account, HEADS_SECONDS), System.nanoTime());
            round(round, seconds);
            failing = false;
        } catch (DataAccessException e) {
            if (!failing) log.warn("The feed cannot read the database, it goes on when it can: {}", e.getMessage());
            again(round);
        } catch (RuntimeException | Error e) {
            // the driver's statements throw anything when their connection is cut; whatever it is, the feed goes on
            if (!failing) log.warn("A round of the feed failed, its channels are read again", e);
            again(round);
        }
    }

    private void again(Round round) {
        failing = true;
        wakeups.again(round);
        pause();
    }

    private void round(Round round, Seconds seconds) {
        door.check(round, seconds).forEach(wakeups::channel);
        if (round.everything()) {
            metrics.resynced();
            audience.forgetText();
            if (lineage.broken(audience.allCursors())) startOver();
        }
        // before its channels' batches: what is counted here is what they go on from
        tellReadings(round.readings());
        unannounced.removeAll(round.channels().keySet());
        var poll = seconds.turn(POLL_SECONDS);
        if (poll) countUnannounced();
        var everything = round.everything() || poll;
        var cursors = everything
                ? audience.allCursors()
                : audience.cursors(round.channels().keySet());
        if (cursors.isEmpty()) return;
        var read = changes.since(cursors);
        if (isAnother(read.incarnation())) {
            wakeups.onReconnected();
            return;
        }
        var found = ofThisRound(read.changes(), round);
        var unheard = unheard(found, round);
        if (!unheard.isEmpty()) {
            var readings = new HashSet<Wakeups.ReadOn>();
            door.checkListeners(unheard, readings).forEach(wakeups::channel);
            tellReadings(readings);
        }
        for (var change : found) publish(change, round.channels().get(change.channel()));
        unannounced.addAll(unheard);
    }

    private void tellReadings(Set<Wakeups.ReadOn> readings) {
        var here = readings.stream()
                .filter(reading -> audience.listens(reading.account()))
                .toList();
        if (!here.isEmpty()) changes.readings(here, audience::tellReading);
    }

    /**
     * Less what was announced after the round began, which a poll finds all the same: that comes with the next round, behind
     * what was announced before it, and its listeners need not be checked now, all of them, while everybody waits.
     */
    private List<Change> ofThisRound(List<Change> changes, Round round) {
        if (round.everything()) return changes;
        return changes.stream()
                .filter(change ->
                        round.channels().containsKey(change.channel()) || !wakeups.announces(change.channel()))
                .toList();
    }

    private static List<UUID> unheard(List<Change> changes, Round round) {
        if (round.everything()) return List.of();
        return changes.stream()
                .filter(change -> !change.nothing())
                .map(Change::channel)
                .filter(channel -> !round.channels().containsKey(channel))
                .toList();
    }

    /** A notification may come after the poll that saw its commit, but not as late as the next poll. */
    private void countUnannounced() {
        unannounced.forEach(channel -> metrics.resynced());
        unannounced.clear();
    }

    /** A pool replaces lost connections unseen: what says that the database was away, is what it answers. */
    private boolean isAnother(String read) {
        var before = incarnation;
        incarnation = read;
        return before != null && !before.equals(read);
    }

    /** Everybody comes again, and hears in the hello that what they hold is to be thrown away. */
    private void startOver() {
        var everybody = audience.everybody();
        for (var subscriber : everybody) subscriber.end(End.RESTORED);
        audience.leave(everybody);
    }

    private void publish(Change change, @Nullable Long heardAt) {
        var fits = audience.publish(change);
        if (!fits || change.mayBePart()) wakeups.channel(change.channel());
        if (!fits) return;
        if (change.restored()) metrics.resynced();
        if (heardAt != null && !change.nothing()) metrics.delivered(heardAt);
    }

    private List<Subscriber> theGone() {
        var all = new ArrayList<Subscriber>();
        for (var one = gone.poll(); one != null; one = gone.poll()) all.add(one);
        return all;
    }

    private static void join(@Nullable Thread thread) {
        if (thread == null) return;
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(100, 500));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
