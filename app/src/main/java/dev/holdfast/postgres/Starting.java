package dev.holdfast.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One start of the embedded server. The library waits until a time is over, whatever the server does; but a recovery from a
 * crash that is broken off begins anew, and a server that has ended answers no more. So this looks on, and interrupts the
 * library when its wait is in vain.
 */
final class Starting {

    private static final Logger log = LoggerFactory.getLogger(Starting.class);

    private static final Duration LOOK = Duration.ofMillis(100);

    /** For a server that has started and doesn't take our connections. */
    private static final Duration SILENT = Duration.ofMinutes(1);

    /** For the first of PostgreSQL's programs, which are unpacked before. */
    private static final Duration UNPACKING = Duration.ofMinutes(5);

    /** For the next of them, or the server. */
    private static final Duration GONE = Duration.ofSeconds(2);

    private static final Duration TELL = Duration.ofSeconds(10);

    private final Path data;
    private final Path output;
    private final long earlier;
    private final BooleanSupplier closing;
    private volatile boolean vain;
    private long told = System.nanoTime();

    Starting(Path data, Path output, BooleanSupplier closing) {
        this.data = data;
        this.output = output;
        this.closing = closing;
        earlier = output.toFile().length();
    }

    EmbeddedPostgres start(EmbeddedPostgres.Builder builder) throws IOException {
        var library = Thread.currentThread();
        var looking =
                Thread.ofPlatform().name("holdfast-postgres-start").daemon().start(() -> lookOn(library));
        EmbeddedPostgres postgres;
        try {
            postgres = builder.start();
        } finally {
            end(looking);
        }
        if (!vain) return postgres;
        postgres.close();
        throw new IOException("it ended, or takes no connections");
    }

    private void lookOn(Thread library) {
        boolean begun = false;
        long hopeful = System.nanoTime();
        try {
            while (!closing.getAsBoolean()) {
                Thread.sleep(LOOK);
                var server = server();
                begun |= server != null || output.toFile().length() > earlier;
                if ((server != null && isStarting()) || programRuns(server)) {
                    begun = true;
                    hopeful = System.nanoTime();
                }
                var longest = server != null ? SILENT : begun ? GONE : UNPACKING;
                if (System.nanoTime() - hopeful > longest.toNanos()) break;
            }
            vain = true;
            library.interrupt();
        } catch (InterruptedException e) {
            // it has started
        }
    }

    private @Nullable ProcessHandle server() {
        try {
            return LeftoverServer.running(data).orElse(null);
        } catch (IOException e) {
            return null; // its file went just now
        }
    }

    private boolean isStarting() {
        try {
            if (!LeftoverServer.starting(data)) return false;
        } catch (IOException e) {
            return false;
        }
        tell();
        return true;
    }

    private void tell() {
        if (System.nanoTime() - told < TELL.toNanos()) return;
        told = System.nanoTime();
        log.info("The embedded PostgreSQL still starts; after a crash it recovers first, however long that takes");
    }

    /** initdb, or pg_ctl; where Holdfast is a container's first process, the server may be its child too. */
    private boolean programRuns(@Nullable ProcessHandle server) {
        return ProcessHandle.current()
                .children()
                .filter(program -> !program.equals(server))
                .anyMatch(program -> program.info().commandLine().orElse("").contains(data.toString()));
    }

    private static void end(Thread looking) {
        looking.interrupt();
        while (looking.isAlive()) {
            try {
                looking.join();
            } catch (InterruptedException e) {
                // it was about to interrupt
            }
        }
        Thread.interrupted();
    }
}
