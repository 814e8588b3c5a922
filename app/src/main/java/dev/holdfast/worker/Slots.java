package dev.holdfast.worker;

import dev.holdfast.generation.Claimed;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this process runs at once, each in a virtual thread. Thread-safe. */
final class Slots {
    private static final Logger log = LoggerFactory.getLogger(Slots.class);

    private final int all;
    private final Slot.Tools tools;
    private final Runnable toClaim;
    private final Set<Reply> running = ConcurrentHashMap.newKeySet();
    private final Signal ended = new Signal();

    /** @param toClaim tells the claim loop that there is room, or that a retry is due */
    Slots(int all, Slot.Tools tools, Runnable toClaim) {
        this.all = all;
        this.tools = tools;
        this.toClaim = toClaim;
    }

    int free() {
        return Math.max(0, all - running.size());
    }

    /** All that runs, a live view. */
    Collection<Reply> running() {
        return running;
    }

    void run(Claimed claimed) {
        // an attempt of ours at the same reply is over, or it could not have been claimed
        running.stream().filter(other -> other.claimed.id() == claimed.id()).forEach(Reply::lose);
        tools.metrics().claimed(claimed.waited());
        var reply = new Reply(claimed);
        running.add(reply);
        try {
            Thread.ofVirtual().name("slot-" + claimed.requestId()).start(() -> run(reply));
        } catch (RuntimeException | Error e) { // its lease would be renewed for good
            running.remove(reply);
            throw e;
        }
    }

    private void run(Reply reply) {
        try {
            Ending ending = new Slot(tools, reply).run();
            tools.metrics().ended(reply, ending.outcome());
            if (ending.again() != null) after(ending.again(), toClaim);
        } catch (InterruptedException | RuntimeException | Error e) {
            log.error("{} could not be ended; its lease will expire", reply, e);
        } finally {
            running.remove(reply);
            ended.raise();
            toClaim.run();
        }
    }

    private static void after(Duration wait, Runnable task) {
        CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS)
                .execute(task);
    }

    /** @return whether all has ended within that time */
    boolean awaitEmpty(Duration most) {
        long until = System.nanoTime() + most.toNanos();
        try {
            while (!running.isEmpty() && System.nanoTime() < until) {
                ended.awaitMillis(100);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return running.isEmpty();
    }

    /** Closes all that still runs. @return it, to be given back to the queue */
    List<Reply> handBack() {
        List<Reply> rest = running.stream().filter(reply -> !reply.lost()).toList();
        rest.forEach(Reply::handBack);
        return rest;
    }
}
