package dev.holdfast.worker;

import dev.holdfast.generation.Claimed;
import dev.holdfast.generation.Generations;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Holds the leases of all that runs, with one statement, about every second and at once when something changed. What comes
 * back is no longer ours (stopped, or another's by now) and is closed on the spot. Then it takes over what workers that went
 * away have left: but only in a quiet time, since after an outage it is the living ones' leases that have run out.
 */
final class Heartbeat {
    private static final Duration QUIET = Duration.ofSeconds(2);

    private final Generations generations;
    private final Collection<Reply> replies;
    private final Duration lease;
    private final WorkerMetrics metrics;
    private long began;
    private volatile long done = System.nanoTime();

    Heartbeat(Generations generations, Collection<Reply> replies, Duration lease, WorkerMetrics metrics) {
        this.generations = generations;
        this.replies = replies;
        this.lease = lease;
        this.metrics = metrics;
        metrics.heartbeat(() -> (System.nanoTime() - done) / 1e9);
    }

    void beat(long worker) {
        began = System.nanoTime();
        List<Reply> running = replies.stream().filter(reply -> !reply.lost()).toList();
        List<Claimed> held = running.stream().map(reply -> reply.claimed).toList();
        Set<Long> gone = new HashSet<>(generations.heartbeat(worker, held, lease));
        done = System.nanoTime();
        // of those that were asked about: meanwhile this process may have claimed one of them again, and runs it anew
        running.stream().filter(reply -> gone.contains(reply.claimed.id())).forEach(Reply::lose);
    }

    /** @param healthy how long the database has answered without a failure */
    void reap(Duration healthy) {
        if (healthy.compareTo(QUIET) < 0) return;
        // the same for a time in which each statement takes long: ours would be among the expired
        if (System.nanoTime() - began > lease.toNanos() / 4) return;
        generations.reap().forEach(metrics::reaped);
    }

    Duration interval() {
        return Duration.ofMillis(Math.min(1000, lease.toMillis() / 5));
    }
}
