package dev.holdfast.feed;

import dev.holdfast.postgres.NotificationListener;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What has happened since the relay last looked. Everything that arrives while the relay reads is merged into its
 * next round, so there is one re-read per wake-up whatever the number of notifications.
 */
final class Wakeups implements NotificationListener {

    static final String CHANNEL_CHANGED = "channel_changed";
    static final String ACCOUNT_CHANGED = "account_changed";
    static final String READ_CHANGED = "read_changed";
    static final String SESSION_ENDED = "session_ended";
    static final Set<String> NAMES = Set.of(CHANNEL_CHANGED, ACCOUNT_CHANGED, READ_CHANGED, SESSION_ENDED);

    /** An account has read on in a channel. */
    record ReadOn(UUID account, UUID channel) {}

    /**
     * @param channels changed ones, each with the time (nanoTime) at which that was first heard
     * @param announced accounts whose browsers are told that something changed, even if no membership did
     * @param accounts accounts to check: may they still read, and what
     * @param readings mutable; what the accounts' browsers are told
     * @param everything notifications may have been lost, so re-read all
     */
    record Round(
            Map<UUID, Long> channels,
            Set<UUID> announced,
            Set<UUID> accounts,
            Set<ReadOn> readings,
            boolean everything) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition something = lock.newCondition();
    private Map<UUID, Long> channels = new HashMap<>();
    private Set<UUID> announced = new HashSet<>();
    private Set<UUID> accounts = new HashSet<>();
    private Set<ReadOn> readings = new HashSet<>();
    private boolean everything;
    private boolean woken;

    @Override
    public void onNotification(String name, String payload) {
        var words = payload.split(" ");
        var id = uuid(words[0]);
        var channel = uuid(words[words.length - 1]);
        if (id == null || channel == null) return;
        lock.lock();
        try {
            switch (name) {
                case CHANNEL_CHANGED -> channels.putIfAbsent(id, System.nanoTime());
                case ACCOUNT_CHANGED -> announced.add(id);
                case READ_CHANGED -> readings.add(new ReadOn(id, channel));
                default -> accounts.add(id);
            }
            wake();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onReconnected() {
        lock.lock();
        try {
            everything = true;
            wake();
        } finally {
            lock.unlock();
        }
    }

    void channel(UUID id) {
        onNotification(CHANNEL_CHANGED, id.toString());
    }

    void account(UUID id) {
        onNotification(SESSION_ENDED, id.toString());
    }

    /** A round that failed is due again, though nothing new may happen. */
    void again(Round round) {
        lock.lock();
        try {
            channels.putAll(round.channels());
            announced.addAll(round.announced());
            accounts.addAll(round.accounts());
            readings.addAll(round.readings());
            everything |= round.everything();
            wake();
        } finally {
            lock.unlock();
        }
    }

    void wakeUp() {
        lock.lock();
        try {
            wake();
        } finally {
            lock.unlock();
        }
    }

    /** All that has happened, after waiting for it until the time (nanoTime) at most. */
    Round take(long until) {
        lock.lock();
        try {
            var left = until - System.nanoTime();
            while (!woken && left > 0) left = something.awaitNanos(left);
            var round = new Round(channels, announced, accounts, readings, everything);
            channels = new HashMap<>();
            announced = new HashSet<>();
            accounts = new HashSet<>();
            readings = new HashSet<>();
            everything = false;
            woken = false;
            return round;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Round(Map.of(), Set.of(), Set.of(), new HashSet<>(), false);
        } finally {
            lock.unlock();
        }
    }

    /** Whether the next round has this channel. */
    boolean announces(UUID channel) {
        lock.lock();
        try {
            return channels.containsKey(channel);
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        woken = true;
        something.signal();
    }

    private static @Nullable UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
