package dev.holdfast.postgres;

import dev.holdfast.StartFailure;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/**
 * PostgreSQL inside the program, its data kept under HOLDFAST_HOME: used where HOLDFAST_DATABASE_URL is not set. One
 * process at a time holds the folder. The address is written to {@code database-url} in it, and for psql to
 * {@code pg_service.conf}: an address that holds a password is no argument for a program, as everybody can read those.
 */
final class EmbeddedDatabase implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedDatabase.class);

    /** The second is where the library looks for the server; a JVM may be told to prefer ::1. */
    private static final String ADDRESSES = Stream.of(
                    "127.0.0.1", InetAddress.getLoopbackAddress().getHostAddress())
            .distinct()
            .collect(Collectors.joining(","));

    private static final String ADDRESS = "postgresql://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable\n";

    private static final String SERVICE = """
            [holdfast]
            host=127.0.0.1
            port=%d
            dbname=postgres
            user=postgres
            password=%s
            sslmode=disable
            """;

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Set<PosixFilePermission> OURS_ALONE = PosixFilePermissions.fromString("rwx------");

    /** Tells letters of all alphabets from signs, which the search splits its words by; on every system of its kind. */
    private static final String CHARACTERS =
            System.getProperty("os.name").startsWith("Mac") ? "en_US.UTF-8" : "C.UTF-8";

    /** The programs mark what they fail by, but for the user they are run as. */
    private static final Pattern FAILING = Pattern.compile("(error|FATAL|PANIC): (?! *the database system is starting)"
            + "|^(initdb|pg_ctl|unshare): .*(could not look up|cannot|failed)");

    /** In bytes; as much of what the server said before stays in {@code postgres.log.1}. */
    private static final long LONGEST_LOG = 10 << 20;

    private final Path data;
    private final Path output;
    private final EmbeddedPostgres.Builder builder;
    private final String password;
    private final FileLock lock;
    private EmbeddedPostgres postgres;
    private volatile boolean closing;

    private EmbeddedDatabase(Path data, Path output, EmbeddedPostgres.Builder builder, String password, FileLock lock)
            throws IOException {
        this.data = data;
        this.output = output;
        this.builder = builder;
        this.password = password;
        this.lock = lock;
        // nobody closes what is still being made, and Spring's end waits for it
        var told = new Thread(() -> closing = true);
        Runtime.getRuntime().addShutdownHook(told);
        postgres = start();
        try {
            Runtime.getRuntime().removeShutdownHook(told);
        } catch (IllegalStateException e) { // the end has begun just now, and knows of no database
            postgres.close();
            throw e;
        }
        builder.setPort(postgres.getPort());
        watch();
    }

    /** @throws StartFailure when the folder cannot be used or another process uses it */
    static EmbeddedDatabase start(Path home) {
        FileLock lock = lock(home);
        Path output = home.resolve("postgres.log");
        bound(output);
        long earlier = output.toFile().length();
        try {
            // one spelling of the folder, however it was named: the server is known by it
            Path data = home.toRealPath().resolve("postgres-18");
            LeftoverServer.end(data);
            Path programs = home.resolve("binaries");
            discardPrograms(programs);
            Path unfinished = home.resolve("postgres-18.unfinished");
            discardUnfinished(data, unfinished);
            boolean first = isEmpty(data);
            String password = first ? newPassword() : passwordOfEarlierStarts(home, data);
            // else the library also cleans up in a folder of /tmp where anybody may have put anything
            System.setProperty("ot.epg.working-dir", programs.toString());
            var builder = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false) // workers finish their replies first
                    .setPGStartupWait(Duration.ofDays(365)) // Starting ends it
                    .setErrorRedirector(Redirect.DISCARD)
                    .setOutputRedirector(Redirect.appendTo(output.toFile()))
                    .setConnectConfig("password", password)
                    .setServerConfig("fsync", "on") // the library starts it without, for tests
                    .setServerConfig("synchronous_commit", "on")
                    // chunks live for seconds: with a minute's dead ones their table is twice as large
                    .setServerConfig("autovacuum_naptime", "10s")
                    // a refusal of a member's call is one line in its log, not the statement and where in it
                    .setServerConfig("log_error_verbosity", "terse")
                    .setServerConfig("log_min_error_statement", "panic")
                    .setServerConfig("max_connections", "100")
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("listen_addresses", ADDRESSES);
            if (first) {
                writePrivately(unfinished, password + "\n");
                // options of initdb, all of them: without these two it trusts every user of the machine
                builder.setLocaleConfig("auth", "scram-sha-256")
                        .setLocaleConfig("pwfile", unfinished.toString())
                        // what the environment says would be no language, or one that the machine has not
                        .setLocaleConfig("locale", CHARACTERS)
                        .setLocaleConfig("locale-provider", "builtin")
                        .setLocaleConfig("builtin-locale", "C.UTF-8");
            }
            var database = new EmbeddedDatabase(data, output, builder, password, lock);
            Files.setPosixFilePermissions(programs, OURS_ALONE); // the library has let everybody write there
            int port = database.postgres.getPort();
            writePrivately(home.resolve("pg_service.conf"), SERVICE.formatted(port, password));
            writePrivately(home.resolve("database-url"), ADDRESS.formatted(encoded(password), port));
            Files.deleteIfExists(unfinished);
            keepNames(home);
            return database;
        } catch (StartFailure e) {
            throw e;
        } catch (IOException | RuntimeException e) { // the library wraps what its commands fail with
            throw new StartFailure(
                    "the embedded PostgreSQL in " + home + " did not start: "
                            + reason(output, earlier).orElse(String.valueOf(e.getMessage()))
                            + "; see postgres.log there, or set HOLDFAST_DATABASE_URL to a PostgreSQL of your own",
                    e);
        }
    }

    /** The server appends, also to a file that was emptied; what it says between the two steps is lost. */
    private static void bound(Path output) {
        if (output.toFile().length() <= LONGEST_LOG) return;
        var before = output.resolveSibling(output.getFileName() + ".1");
        try (var said = FileChannel.open(output, StandardOpenOption.READ, StandardOpenOption.WRITE);
                var kept = FileChannel.open(
                        before,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            said.transferTo(said.size() - LONGEST_LOG, LONGEST_LOG, kept);
            said.truncate(0);
        } catch (IOException e) {
            log.debug("The log of the embedded PostgreSQL stays as long as it is", e);
        }
    }

    /** What PostgreSQL or one of its programs has said last about its failing since the log was so long. */
    private static Optional<String> reason(Path output, long earlier) {
        try (var added = Files.newInputStream(output)) {
            added.skipNBytes(earlier);
            return new String(added.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> FAILING.matcher(line).find())
                    .reduce((before, last) -> last);
        } catch (IOException e) {
            return Optional.empty(); // nothing was said
        }
    }

    synchronized DatabaseUrl url() {
        return new DatabaseUrl("127.0.0.1", postgres.getPort(), "postgres", "postgres", password, "disable", null);
    }

    /**
     * Killed or crashed, the server has nobody else who starts it again; Holdfast waits for it as for any database. Looked
     * at again and again: where Holdfast is a container's first process, one that was killed stays on for {@code onExit}.
     */
    private void watch() throws IOException {
        // the library's own handle is that of the command which starts the server
        var thread = Thread.ofPlatform().name("holdfast-postgres").daemon();
        LeftoverServer.running(data)
                .ifPresent(server -> thread.start(() -> {
                    try {
                        while (LeftoverServer.serves(server, data)) {
                            bound(output);
                            Thread.sleep(LOOK);
                        }
                    } catch (InterruptedException e) {
                        return;
                    }
                    startAgain();
                }));
    }

    private EmbeddedPostgres start() throws IOException {
        return new Starting(data, output, () -> closing).start(builder);
    }

    private synchronized void startAgain() {
        if (closing) return;
        log.warn("The embedded PostgreSQL ended and is started again; postgres.log in HOLDFAST_HOME says why");
        try {
            LeftoverServer.forget(data);
            postgres.close(); // the library's own lock
            postgres = start();
            watch();
            log.info("The embedded PostgreSQL is back");
        } catch (IOException | RuntimeException | Error e) { // a thread that cannot begin is an Error
            if (closing) return;
            log.warn("The embedded PostgreSQL did not start, the next try is in a second: {}", e.getMessage());
            CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(this::startAgainInAThread);
        }
    }

    /** One of its own, as this may take long, and models are asked on the few that are everybody's. */
    private void startAgainInAThread() {
        try {
            Thread.ofPlatform().name("holdfast-postgres").daemon().start(this::startAgain);
        } catch (OutOfMemoryError e) { // none can begin
            startAgain();
        }
    }

    /** Also while it is started again, which may take long. */
    @Override
    public void close() throws IOException {
        closing = true;
        end();
    }

    private synchronized void end() throws IOException {
        postgres.close();
        lock.acquiredBy().close();
    }

    /** The first start's file lies beside the database until it is finished: before, nobody has used it. */
    private static void discardUnfinished(Path data, Path unfinished) throws IOException {
        if (Files.exists(unfinished)) {
            FileSystemUtils.deleteRecursively(data);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return true;
        }
        try (var entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        }
    }

    /** Of 128 bits. */
    private static String newPassword() {
        return new BigInteger(128, new SecureRandom()).toString(36);
    }

    private static String passwordOfEarlierStarts(Path home, Path data) throws IOException {
        Path url = home.resolve("database-url");
        if (!Files.exists(url)) {
            throw new StartFailure("the file " + url + " is gone, and with it the password of the database in " + data
                    + "; put the file back, or move that folder away to begin anew");
        }
        return DatabaseUrl.parse(Files.readString(url).strip()).password();
    }

    private static String encoded(String password) {
        return URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * Programs that a killed start was still unpacking (the library marks the whole ones), and all of them where others
     * could write and may have put programs of theirs in place.
     */
    private static void discardPrograms(Path programs) throws IOException {
        createPrivately(programs);
        requireOurs(programs);
        boolean others = !OURS_ALONE.containsAll(Files.getPosixFilePermissions(programs));
        Files.setPosixFilePermissions(programs, OURS_ALONE);
        try (var unpacked = Files.newDirectoryStream(programs, "PG-*")) {
            for (Path version : unpacked) {
                if (others || !Files.exists(version.resolve(".exists"))) {
                    FileSystemUtils.deleteRecursively(version);
                }
            }
        }
    }

    /** Its owner could let anybody write there again. */
    private static void requireOurs(Path programs) throws IOException {
        Path ours = Files.createTempFile(programs.getParent(), "owner", null);
        var user = Files.getOwner(ours);
        Files.delete(ours);
        var owner = Files.getOwner(programs);
        if (!owner.equals(user)) {
            throw new StartFailure("the programs in " + programs + " are " + owner.getName()
                    + "'s and Holdfast runs as " + user.getName() + "; run it as " + owner.getName()
                    + ", or delete that folder: it is unpacked again");
        }
    }

    private static void writePrivately(Path file, String text) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(fresh, text, StandardOpenOption.WRITE, StandardOpenOption.DSYNC);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** What was deleted or renamed stays so when the machine fails. */
    private static void keepNames(Path folder) throws IOException {
        try (var names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    private static FileLock lock(Path home) {
        try {
            createPrivately(home);
            warnOfOthers(home);
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

    private static void createPrivately(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Files.createDirectories(folder.toAbsolutePath().getParent());
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OURS_ALONE));
    }

    private static void warnOfOthers(Path home) throws IOException {
        var allowed = Files.getPosixFilePermissions(home);
        if (allowed.contains(PosixFilePermission.GROUP_WRITE) || allowed.contains(PosixFilePermission.OTHERS_WRITE)) {
            log.warn("Others can write in {} and so replace the database and its programs; chmod go-w {}", home, home);
        }
    }

    private static StartFailure inUse(Path home) {
        return new StartFailure(
                "another Holdfast is using " + home
                        + "; stop it, or set HOLDFAST_HOME to another folder, or give both a database with HOLDFAST_DATABASE_URL");
    }
}
