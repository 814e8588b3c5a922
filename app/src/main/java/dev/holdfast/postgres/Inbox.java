package dev.holdfast.postgres;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What was notified and not yet told, doubles merged, so that a burst costs memory only per distinct payload. */
final class Inbox {

    record Notification(String channel, String payload) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final LinkedHashSet<Notification> waiting = new LinkedHashSet<>();
    private boolean interrupted;

    void put(String channel, String payload) {
        lock.lock();
        try {
            waiting.add(new Notification(channel, payload));
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the present or the next wait. */
    void interrupt() {
        lock.lock();
        try {
            interrupted = true;
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /** All that waits, after waiting for it at most so long. */
    List<Notification> take(Duration longest) {
        lock.lock();
        try {
            await(longest);
            var taken = List.copyOf(waiting);
            waiting.clear();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void await(Duration longest) {
        var nanos = longest.toNanos();
        try {
            while (waiting.isEmpty() && !interrupted && nanos > 0) nanos = arrived.awaitNanos(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        interrupted = false;
    }
}
