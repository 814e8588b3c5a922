package dev.holdfast.system.faults;

import dev.holdfast.db.TestPostgres.TestDatabase;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A PostgreSQL server with an operator's settings (fsync on, synchronous commits) that a test may crash, stop, start,
 * copy and put back. Ends with the JVM.
 */
final class CrashingPostgres implements AutoCloseable {

    private final EmbeddedPostgres started;
    private final int port;
    private final Path data;
    private final Path binaries;

    private CrashingPostgres(EmbeddedPostgres started) throws IOException {
        this.started = started;
        port = started.getPort();
        data = Path.of(database("postgres")
                .jdbc()
                .sql("show data_directory")
                .query(String.class)
                .single());
        var postmaster = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst().strip());
        binaries = Path.of(ProcessHandle.of(postmaster)
                        .orElseThrow()
                        .info()
                        .command()
                        .orElseThrow())
                .getParent();
    }

    static CrashingPostgres start() {
        try {
            // the last of a setting counts: the library begins with -F and synchronous_commit=off
            var postgres = EmbeddedPostgres.builder()
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("max_connections", "300")
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("log_min_messages", "warning")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setOutputRedirector(Redirect.DISCARD)
                    .setErrorRedirector(Redirect.DISCARD)
                    .start();
            var server = new CrashingPostgres(postgres);
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL did not start", e);
        }
    }

    /** An empty database on it. */
    TestDatabase create(String name) {
        database("postgres").jdbc().sql("create database " + name).update();
        return database(name);
    }

    /** An empty database whose tables and indexes are kept in that folder; the server's log stays where it is. */
    TestDatabase createIn(Path folder, String name) {
        database("postgres")
                .jdbc()
                .sql("create tablespace " + name + " location '" + folder + "'")
                .update();
        database("postgres")
                .jdbc()
                .sql("create database " + name + " tablespace " + name)
                .update();
        return database(name);
    }

    TestDatabase database(String name) {
        return new TestDatabase("127.0.0.1", port, name, "postgres", "postgres");
    }

    JdbcClient jdbc(String name) {
        return database(name).jdbc();
    }

    int port() {
        return port;
    }

    /** As after a power cut: no process is asked, what was not flushed is lost; then recovery. */
    void crashAndRestart() {
        control("restart", "-m", "immediate");
    }

    void crash() {
        control("stop", "-m", "immediate");
    }

    void startAgain() {
        control("start");
    }

    /** Crashes, copies the data folder, starts again: a backup. */
    Path backUp() {
        crash();
        var copy = data.resolveSibling(data.getFileName() + "-backup");
        copyFolder(data, copy);
        startAgain();
        return copy;
    }

    /** Crashes and starts on the backup. */
    void restore(Path backup) {
        crash();
        deleteFolder(data);
        copyFolder(backup, data);
        startAgain();
    }

    @Override
    public void close() {
        try {
            started.close();
        } catch (IOException | RuntimeException e) {
            // it had been stopped already
        }
    }

    private void control(String verb, String... options) {
        var command = new ArrayList<>(asRoot() ? List.of("unshare", "-U") : List.of());
        command.addAll(List.of(binaries.resolve("pg_ctl").toString(), verb, "-D", data.toString(), "-w", "-t", "60"));
        command.addAll(List.of(options));
        if (verb.equals("start")) command.addAll(List.of("-o", serverOptions()));
        try {
            var log = data.resolveSibling(data.getFileName() + ".log").toFile();
            var ended = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(log))
                    .start()
                    .waitFor();
            if (ended != 0) throw new IllegalStateException("pg_ctl " + verb + " ended with " + ended + "; see " + log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String serverOptions() {
        return "-p " + port
                + " -c fsync=on -c synchronous_commit=on -c max_connections=300 -c timezone=UTC -c log_min_messages=warning"
                + " -c unix_socket_directories=";
    }

    private static boolean asRoot() {
        return System.getProperty("os.name").equals("Linux")
                && System.getProperty("user.name").equals("root");
    }

    private static void copyFolder(Path from, Path to) {
        walk(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                var target = to.resolve(from.relativize(folder));
                Files.createDirectories(target);
                Files.setPosixFilePermissions(target, Files.getPosixFilePermissions(folder));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!file.getFileName().toString().startsWith("postmaster."))
                    Files.copy(file, to.resolve(from.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void deleteFolder(Path folder) {
        walk(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path emptied, IOException failure) throws IOException {
                Files.delete(emptied);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void walk(Path folder, SimpleFileVisitor<Path> visitor) {
        try {
            Files.walkFileTree(folder, visitor);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
