package dev.holdfast.feed;

import static java.util.stream.Collectors.toSet;

import dev.holdfast.feed.Wakeups.ReadOn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Who listens here, to which channels, and how far each channel has been sent. Everything happens under its lock, so
 * that a hello and the events after it fit together, and nobody gets an event after having been taken off a channel.
 * Sending never waits, so the lock is never held for long.
 */
final class Audience {

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<UUID, ChannelFeed> channels = new HashMap<>();
    private final Map<UUID, AccountFeed> accounts = new HashMap<>();
    private int subscribers;

    /**
     * Sends hello and from then on every event of these channels.
     *
     * @return channels that nobody here listened to before, and that must be read once
     */
    List<UUID> join(Subscriber subscriber, String lineage, List<Membership> memberships) {
        return locked(() -> {
            var account = accounts.computeIfAbsent(subscriber.account, AccountFeed::new);
            account.subscribers.add(subscriber);
            subscribers++;
            account.channels.values().forEach(channel -> channel.subscribers.add(subscriber));
            var fresh = new ArrayList<UUID>();
            for (var membership : memberships) add(account, membership, fresh);
            subscriber.send(Wire.hello(lineage, account.id, account.channels.values()));
            return fresh;
        });
    }

    void leave(Collection<Subscriber> gone) {
        locked(() -> {
            for (var subscriber : gone) {
                var account = accounts.get(subscriber.account);
                if (account == null || !account.subscribers.remove(subscriber)) continue;
                subscribers--;
                account.channels.values().forEach(channel -> leave(channel, subscriber));
                if (account.subscribers.isEmpty()) accounts.remove(account.id);
            }
            return null;
        });
    }

    /** How far the given channels have been sent, those that somebody listens to. */
    List<ChannelFeed.Cursor> cursors(Collection<UUID> ids) {
        return locked(() -> ids.stream()
                .map(channels::get)
                .filter(channel -> channel != null)
                .map(ChannelFeed::cursor)
                .toList());
    }

    Set<UUID> accountsIn(Collection<UUID> ids) {
        return locked(() -> ids.stream()
                .map(channels::get)
                .filter(channel -> channel != null)
                .flatMap(channel -> channel.subscribers.stream())
                .map(subscriber -> subscriber.account)
                .collect(toSet()));
    }

    List<ChannelFeed.Cursor> allCursors() {
        return locked(() -> channels.values().stream().map(ChannelFeed::cursor).toList());
    }

    /** Growing text comes again from its beginning: a database that crashed may have lost the end of what was sent. */
    void forgetText() {
        locked(() -> {
            channels.values().forEach(ChannelFeed::forgetText);
            return null;
        });
    }

    /** Makes the event once and sends it to all who may have it. @return false if it no longer fits the cursor */
    boolean publish(Change change) {
        return locked(() -> {
            var channel = channels.get(change.channel());
            if (channel == null) return true;
            if (channel.seq() != change.after()) return false;
            channel.advance(change);
            if (change.nothing()) return true;
            var event = Wire.channel(change);
            // the heads tell it to fetch what there is now, or what is more than may wait for a browser
            var instead = change.restored() || event.length > Subscriber.MOST_UNSENT;
            for (var subscriber : channel.subscribers) subscriber.send(instead ? headsOf(subscriber) : event);
            return true;
        });
    }

    /** All of its channels, as ever: who takes heads for the list of them would drop the others. */
    private byte[] headsOf(Subscriber subscriber) {
        var account = accounts.get(subscriber.account);
        return Wire.heads(account == null ? List.of() : account.channels.values());
    }

    /** The accounts listening here that the predicate takes, each with its browsers' sessions. */
    Map<UUID, List<Subscriber>> listening(Predicate<UUID> which) {
        return locked(() -> {
            var found = new HashMap<UUID, List<Subscriber>>();
            for (var account : accounts.values()) {
                if (which.test(account.id)) found.put(account.id, List.copyOf(account.subscribers));
            }
            return found;
        });
    }

    /**
     * Sets what an account may read. Tells its browsers if that changed, or if they are to be told anyway.
     *
     * @param readings is given where it has read on and nobody has told its browsers
     * @return channels that nobody here listened to before, and that must be read once
     */
    List<UUID> allow(UUID id, List<Membership> memberships, boolean announce, Collection<ReadOn> readings) {
        return locked(() -> {
            var account = accounts.get(id);
            if (account == null) return List.of();
            var fresh = new ArrayList<UUID>();
            var allowed = new HashSet<UUID>();
            memberships.forEach(membership -> allowed.add(membership.channel()));
            var changed = removeAllBut(account, allowed);
            for (var membership : memberships) {
                changed |= add(account, membership, fresh);
                if (account.lastReadSeqs.getOrDefault(membership.channel(), Long.MAX_VALUE)
                        < membership.lastReadSeq()) {
                    readings.add(new ReadOn(id, membership.channel()));
                }
            }
            if (changed || announce) {
                var event = Wire.account(id, account.channels.values());
                for (var subscriber : account.subscribers) subscriber.send(event);
            }
            return fresh;
        });
    }

    boolean listens(UUID account) {
        return locked(() -> accounts.containsKey(account));
    }

    /** Tells an account's browsers how far it has read a channel, as long as it may read that. */
    void tellReading(ReadOn reading, long lastReadSeq, String json) {
        locked(() -> {
            var account = accounts.get(reading.account());
            if (account == null || !account.channels.containsKey(reading.channel())) return null;
            account.lastReadSeqs.put(reading.channel(), lastReadSeq);
            var event = Wire.read(json);
            for (var subscriber : account.subscribers) subscriber.send(event);
            return null;
        });
    }

    /** Sends where the channels of these accounts stand, which repairs whatever a client has missed. */
    void heads(Predicate<UUID> which, long now) {
        locked(() -> {
            for (var account : accounts.values()) {
                if (!which.test(account.id) || account.subscribers.isEmpty()) continue;
                var event = Wire.heads(account.channels.values());
                for (var subscriber : account.subscribers) {
                    subscriber.endIfStalled(now);
                    subscriber.send(event);
                }
            }
            return null;
        });
    }

    List<Subscriber> everybody() {
        return locked(() -> accounts.values().stream()
                .flatMap(account -> account.subscribers.stream())
                .toList());
    }

    int size() {
        return locked(() -> subscribers);
    }

    private boolean add(AccountFeed account, Membership membership, List<UUID> fresh) {
        if (account.channels.containsKey(membership.channel())) return false;
        var channel = channels.computeIfAbsent(membership.channel(), id -> {
            fresh.add(id);
            return new ChannelFeed(membership);
        });
        account.channels.put(channel.id, channel);
        account.lastReadSeqs.put(channel.id, membership.lastReadSeq());
        channel.subscribers.addAll(account.subscribers);
        return true;
    }

    private boolean removeAllBut(AccountFeed account, Set<UUID> allowed) {
        var lost = account.channels.values().stream()
                .filter(channel -> !allowed.contains(channel.id))
                .toList();
        for (var channel : lost) {
            account.channels.remove(channel.id);
            account.lastReadSeqs.remove(channel.id);
            account.subscribers.forEach(subscriber -> leave(channel, subscriber));
        }
        return !lost.isEmpty();
    }

    private void leave(ChannelFeed channel, Subscriber subscriber) {
        channel.subscribers.remove(subscriber);
        if (channel.subscribers.isEmpty()) channels.remove(channel.id);
    }

    private <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }
}
