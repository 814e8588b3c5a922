package dev.holdfast.postgres;

import dev.holdfast.StartFailure;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/**
 * PostgreSQL inside the program, its data kept under HOLDFAST_HOME: used where HOLDFAST_DATABASE_URL is not set. One
 * process at a time holds the folder. The address for psql is written to {@code database-url} in it.
 */
final class EmbeddedDatabase implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedDatabase.class);

    private static final String ONLY_WITH_PASSWORD = "host all all 127.0.0.1/32 scram-sha-256\n";

    private final Path data;
    private final EmbeddedPostgres.Builder builder;
    private final String password;
    private final FileLock lock;
    private EmbeddedPostgres postgres;
    private boolean closing;

    private EmbeddedDatabase(Path data, EmbeddedPostgres.Builder builder, String password, FileLock lock)
            throws IOException {
        this.data = data;
        this.builder = builder;
        this.password = password;
        this.lock = lock;
        postgres = builder.start();
        builder.setPort(postgres.getPort());
        watch();
    }

    /** @throws StartFailure when the folder cannot be used or another process uses it */
    static EmbeddedDatabase start(Path home) {
        FileLock lock = lock(home);
        try {
            // one spelling of the folder, however it was named: the server is known by it
            Path data = home.toRealPath().resolve("postgres-18");
            LeftoverServer.end(data);
            discardUnfinished(home.resolve("binaries"));
            String password = password(home, data);
            var builder = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setOverrideWorkingDirectory(home.resolve("binaries").toFile())
                    .setRegisterShutdownHook(false) // workers finish their replies first
                    .setPGStartupWait(Duration.ofMinutes(1))
                    .setErrorRedirector(Redirect.DISCARD)
                    .setOutputRedirector(
                            Redirect.appendTo(home.resolve("postgres.log").toFile()))
                    .setConnectConfig("password", password)
                    .setServerConfig("fsync", "on") // the library starts it without, for tests
                    .setServerConfig("synchronous_commit", "on")
                    // chunks live for seconds: with a minute's dead ones their table is twice as large
                    .setServerConfig("autovacuum_naptime", "10s")
                    .setServerConfig("max_connections", "100")
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("listen_addresses", "127.0.0.1");
            var database = new EmbeddedDatabase(data, builder, password, lock);
            writePrivately(
                    home.resolve("database-url"),
                    "postgresql://postgres:" + password + "@127.0.0.1:" + database.postgres.getPort() + "/postgres\n");
            database.requirePassword(data);
            return database;
        } catch (IOException | SQLException | IllegalStateException e) {
            throw new StartFailure(
                    "the embedded PostgreSQL in " + home + " did not start (" + e.getMessage() + "); "
                            + home.resolve("postgres.log") + " says why",
                    e);
        }
    }

    synchronized DatabaseUrl url() {
        return new DatabaseUrl("127.0.0.1", postgres.getPort(), "postgres", "postgres", password, "disable");
    }

    /** Killed or crashed, the server has nobody else who starts it again; Holdfast waits for it as for any database. */
    private void watch() throws IOException {
        // the library's own handle is that of the command which starts the server
        var thread = Thread.ofPlatform().name("holdfast-postgres").daemon();
        LeftoverServer.running(data).ifPresent(server -> server.onExit().thenRunAsync(this::startAgain, thread::start));
    }

    private synchronized void startAgain() {
        if (closing) return;
        log.warn("The embedded PostgreSQL ended and is started again; postgres.log in HOLDFAST_HOME says why");
        try {
            postgres.close(); // the library's own lock
            postgres = builder.start();
            watch();
            log.info("The embedded PostgreSQL is back");
        } catch (IOException | IllegalStateException e) {
            log.warn("The embedded PostgreSQL did not start, the next try is in a second: {}", e.getMessage());
            CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(this::startAgain);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closing = true;
        postgres.close();
        lock.acquiredBy().close();
    }

    /** A fresh cluster trusts every user of the machine: from the first start on it asks for the password. */
    private void requirePassword(Path data) throws SQLException, IOException {
        if (requiresPassword(data)) {
            return;
        }
        try (var connection = url().dataSource().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("alter user postgres password '" + password + "'");
            Files.writeString(data.resolve("pg_hba.conf"), ONLY_WITH_PASSWORD);
            statement.execute("select pg_reload_conf()");
        }
    }

    private static boolean requiresPassword(Path data) throws IOException {
        Path rules = data.resolve("pg_hba.conf");
        return Files.exists(rules) && Files.readString(rules).equals(ONLY_WITH_PASSWORD);
    }

    /** The password of earlier starts, or a new one of 128 bits. */
    private static String password(Path home, Path data) throws IOException {
        Path url = home.resolve("database-url");
        if (Files.exists(url)) {
            return DatabaseUrl.parse(Files.readString(url).strip()).password();
        }
        if (requiresPassword(data)) {
            throw new StartFailure("the file " + url + " is gone, and with it the password of the database in " + data
                    + "; put the file back, or move that folder away to begin anew");
        }
        // of a first start that was killed: nobody has used it, and a new one needs the folder empty
        FileSystemUtils.deleteRecursively(data);
        return new BigInteger(128, new SecureRandom()).toString(36);
    }

    /** Programs that a killed start was still unpacking; the library marks the whole ones. */
    private static void discardUnfinished(Path binaries) throws IOException {
        if (!Files.exists(binaries)) {
            return;
        }
        try (var unpacked = Files.newDirectoryStream(binaries, "PG-*")) {
            for (Path programs : unpacked) {
                if (!Files.exists(programs.resolve(".exists"))) {
                    FileSystemUtils.deleteRecursively(programs);
                }
            }
        }
    }

    private static void writePrivately(Path file, String text) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(fresh, text);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static FileLock lock(Path home) {
        try {
            createPrivately(home);
            var channel = FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw inUse(home);
            }
            return lock;
        } catch (OverlappingFileLockException e) {
            throw inUse(home);
        } catch (IOException e) {
            throw new StartFailure(
                    "the folder " + home + " cannot be used (" + e + "); set HOLDFAST_HOME to one that can be written",
                    e);
        }
    }

    /** For this user alone: the library leaves the server's programs, which it runs, writable for everybody. */
    private static void createPrivately(Path home) throws IOException {
        if (Files.isDirectory(home)) {
            return;
        }
        Files.createDirectories(home.toAbsolutePath().getParent());
        Files.createDirectory(home, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private static StartFailure inUse(Path home) {
        return new StartFailure(
                "another Holdfast is using " + home
                        + "; stop it, or set HOLDFAST_HOME to another folder, or give both a database with HOLDFAST_DATABASE_URL");
    }
}
