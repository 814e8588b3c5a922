package dev.holdfast.worker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * A thread of its own that does one step after the other, waits as long as the step said, and can be woken. A database that
 * is away does not end it: it tries again after a short random pause and says so once.
 */
final class Loop {
    private static final Logger log = LoggerFactory.getLogger(Loop.class);
    private static final int LONGEST_PAUSE_MILLIS = 1000;

    interface Step {
        /** @return how long to wait before the next step, unless woken */
        Duration run() throws InterruptedException;
    }

    private final String name;
    private final Step step;
    private final Signal signal = new Signal();
    private volatile boolean running;
    private volatile long failedAt = System.nanoTime();
    private int failures;
    private @Nullable Thread thread;

    Loop(String name, Step step) {
        this.name = name;
        this.step = step;
    }

    /** A platform thread: the virtual ones share few carriers with all the models' streams, and this must not wait for them. */
    void start() {
        running = true;
        thread = Thread.ofPlatform().name("holdfast-" + name).daemon().start(this::run);
    }

    void wake() {
        signal.raise();
    }

    /** Returns when the step under way is done, or after five seconds. */
    void stop() {
        running = false;
        wake();
        try {
            if (thread != null) thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How long no step has failed. */
    Duration healthy() {
        return Duration.ofNanos(System.nanoTime() - failedAt);
    }

    private void run() {
        while (running) {
            try {
                signal.await(once());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Duration once() throws InterruptedException {
        try {
            Duration wait = step.run();
            if (failures > 0) log.info("The {} has the database back after {} failures", name, failures);
            failures = 0;
            return wait;
        } catch (DataAccessException e) {
            failedAt = System.nanoTime();
            if (failures++ == 0) log.warn("The {} lost the database and tries again: {}", name, e.getMessage());
            Thread.sleep(Backoff.jittered(Math.min(LONGEST_PAUSE_MILLIS, 50L << Math.min(failures, 10))));
            return Duration.ZERO;
        } catch (RuntimeException | Error e) { // a loop that ended would end the worker without a word
            failedAt = System.nanoTime();
            log.error("The {} failed and goes on", name, e);
            Thread.sleep(ThreadLocalRandom.current().nextLong(500, 1000));
            return Duration.ZERO;
        }
    }
}
