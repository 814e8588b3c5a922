package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The recovery of an embedded PostgreSQL from a crash, stopped until it is told to go on. Linux. */
record HaltedRecovery(ProcessHandle process) {

    interface Server {
        Optional<ProcessHandle> find() throws IOException;
    }

    /** Writes so much that its recovery takes long enough to be caught. */
    static void prepare(String url) {
        var address = URI.create(url);
        var password = address.getUserInfo().split(":")[1];
        new TestDatabase("127.0.0.1", address.getPort(), "postgres", "postgres", password)
                .jdbc()
                .sql("create table public.much as select repeat('x', 500) from generate_series(1, 600000)")
                .update();
    }

    static HaltedRecovery caught(Server server, Duration most) throws IOException {
        for (var until = System.nanoTime() + most.toNanos(); ; ) {
            var recovery = server.find().flatMap(HaltedRecovery::within);
            if (recovery.isPresent()) {
                signal("STOP", recovery.get());
                return new HaltedRecovery(recovery.get());
            }
            assertThat(System.nanoTime()).as("a recovery was seen").isLessThan(until);
        }
    }

    void goOn() throws IOException {
        signal("CONT", process);
    }

    private static Optional<ProcessHandle> within(ProcessHandle server) {
        return server.children().filter(HaltedRecovery::recovers).findFirst();
    }

    /** By the title that it gives itself, which Java does not tell. */
    private static boolean recovers(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", "" + process.pid(), "cmdline"))
                    .contains("startup");
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    private static void signal(String signal, ProcessHandle process) throws IOException {
        var kill = new ProcessBuilder("kill", "-" + signal, "" + process.pid())
                .inheritIO()
                .start();
        assertThat(kill.onExit().join().exitValue()).isZero();
    }
}
