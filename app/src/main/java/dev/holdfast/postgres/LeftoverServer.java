package dev.holdfast.postgres;

import dev.holdfast.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A PostgreSQL that outlived a killed Holdfast. Whoever holds the folder's lock may end it, since nobody else uses it. */
final class LeftoverServer {

    private static final Logger log = LoggerFactory.getLogger(LeftoverServer.class);

    /** The line of its file in which a server says how far it is. */
    private static final int STATUS = 7;

    private LeftoverServer() {}

    /** @param data as the server was told it */
    static void end(Path data) throws IOException {
        Optional<ProcessHandle> server = running(data);
        if (server.isPresent()) {
            end(server.get(), data);
        }
        forget(data);
    }

    /** After a crash the server's number may be another program's by now, or nobody's that lives: neither is to be waited for. */
    static void forget(Path data) throws IOException {
        if (running(data).isEmpty()) Files.deleteIfExists(file(data));
    }

    /** The server of this folder, whoever started it; empty if it does not run. */
    static Optional<ProcessHandle> running(Path data) throws IOException {
        return Files.exists(file(data))
                ? number(file(data)).flatMap(ProcessHandle::of).filter(process -> serves(process, data))
                : Optional.empty();
    }

    /** Whether the server of this folder has not finished its start, as while it recovers from a crash. */
    static boolean starting(Path data) throws IOException {
        var said = Files.readAllLines(file(data));
        return said.size() > STATUS && said.get(STATUS).startsWith("starting");
    }

    private static Path file(Path data) {
        return data.resolve("postmaster.pid");
    }

    private static Optional<Long> number(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .findFirst()
                .map(String::strip)
                .filter(line -> line.matches("\\d{1,18}"))
                .map(Long::valueOf);
    }

    /** A process that has ended, and whose end nobody has taken note of, has no command line any more. */
    static boolean serves(ProcessHandle process, Path data) {
        return process.info()
                .commandLine()
                .filter(line -> line.contains("postgres") && line.contains(data.toString()))
                .isPresent();
    }

    private static void end(ProcessHandle server, Path data) throws IOException {
        log.info("Ending the PostgreSQL (process {}) that an earlier Holdfast left running", server.pid());
        // the shell's own: a slim image has no program of that name
        new ProcessBuilder("sh", "-c", "kill -INT " + server.pid()).start();
        try {
            server.onExit().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw stillThere(server, data, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stillThere(server, data, e);
        }
    }

    private static StartFailure stillThere(ProcessHandle server, Path data, Exception cause) {
        return new StartFailure(
                "the PostgreSQL (process " + server.pid() + ") that an earlier Holdfast left running in " + data
                        + " does not end; end it by hand",
                cause);
    }
}
