package dev.holdfast.worker;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Wakes a loop that waits. Raised while nobody waits, it is kept, once, for the next who does. */
final class Signal {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition raised = lock.newCondition();
    private volatile boolean up;

    void raise() {
        if (up) return; // for each token, most of them while the flusher is at work
        lock.lock();
        try {
            up = true;
            raised.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns when it is raised, and lowers it, or when the time is over. */
    void await(Duration most) throws InterruptedException {
        lock.lock();
        try {
            long left = most.toNanos();
            while (!up && left > 0) {
                left = raised.awaitNanos(left);
            }
            up = false;
        } finally {
            lock.unlock();
        }
    }

    void awaitMillis(long most) throws InterruptedException {
        await(Duration.ofNanos(TimeUnit.MILLISECONDS.toNanos(most)));
    }
}
