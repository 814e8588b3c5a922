package dev.holdfast.worker;

import dev.holdfast.ProcessName;
import dev.holdfast.generation.Workers;
import dev.holdfast.generation.Workers.Standing;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This process's row among the workers: made at the start, and again when it vanished. Written by the heartbeat's thread. */
final class Identity {
    private static final Logger log = LoggerFactory.getLogger(Identity.class);

    private final Workers workers;
    private final int slots;
    private final String name = ProcessName.get();
    private volatile long id;
    private volatile Standing standing = Standing.UNKNOWN;

    Identity(Workers workers, int slots) {
        this.workers = workers;
        this.slots = slots;
    }

    String name() {
        return name;
    }

    long id() {
        return id;
    }

    boolean known() {
        return standing != Standing.UNKNOWN;
    }

    /** Whether it is known and nobody has told it to drain. */
    boolean working() {
        return standing == Standing.WORKING;
    }

    /** @return whether it was registered just now */
    boolean register() {
        if (known()) return false;
        id = workers.register(name, slots);
        standing = Standing.WORKING;
        log.info("Worker {} is registered as {}", name, id);
        return true;
    }

    /** Reads what the row says; an operator may have told it to drain, or a restored backup not know it. */
    void check() {
        Standing now = workers.standing(id);
        if (now != standing) log.info("Worker {} is {}", name, now.name().toLowerCase(java.util.Locale.ROOT));
        standing = now;
    }

    void startDrain() {
        if (known()) workers.startDrain(id);
    }

    void unregister() {
        if (known()) workers.unregister(id);
    }
}
