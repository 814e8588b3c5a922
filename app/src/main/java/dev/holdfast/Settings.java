package dev.holdfast;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an operator may set: {@code holdfast.flush-interval} as a property or HOLDFAST_FLUSH_INTERVAL in the environment,
 * and so on. A wrong value stops the start with one line that names it.
 *
 * @param databaseUrl postgresql://user:password@host:port/db?sslmode=...; null: the embedded PostgreSQL
 * @param home where the embedded database lives; null: .holdfast in the user's home
 * @param role which sides of Holdfast this process is
 * @param adminHandle handle of the first account, made at the start if there is none; null: the first-run page asks
 * @param adminPassword that account's password
 * @param workerSlots generations at once in this process
 * @param flushInterval how often a worker writes what has been streamed
 * @param lease how long a claim lives without a heartbeat
 * @param drainTimeout how long a worker that is told to end may go on with what it runs
 * @param webConnections at most so many connections to the database for what browsers ask
 * @param workerConnections at most so many for what the worker writes
 */
@ConfigurationProperties("holdfast")
public record Settings(
        @Nullable String databaseUrl,
        @Nullable Path home,
        @DefaultValue("all") Role role,
        @Nullable String adminHandle,
        @Nullable String adminPassword,
        @DefaultValue("256") int workerSlots,
        @DefaultValue("25ms") Duration flushInterval,
        @DefaultValue("10s") Duration lease,
        @DefaultValue("20s") Duration drainTimeout,
        @DefaultValue("10") int webConnections,
        @DefaultValue("6") int workerConnections) {

    /** Which sides of Holdfast this process is. */
    public enum Role {
        ALL,
        WEB,
        WORKER;

        public boolean web() {
            return this != WORKER;
        }

        public boolean worker() {
            return this != WEB;
        }
    }

    public Settings {
        requireWithin("flush-interval", flushInterval, Duration.ofMillis(1), Duration.ofSeconds(10));
        requireWithin("lease", lease, Duration.ofSeconds(1), Duration.ofHours(1));
        requireWithin("drain-timeout", drainTimeout, Duration.ZERO, Duration.ofMinutes(10));
        requireWithin("worker-slots", workerSlots, 1, 100_000);
        requireWithin("web-connections", webConnections, 2, 1_000);
        requireWithin("worker-connections", workerConnections, 3, 1_000);
    }

    /** Whether the first account is the environment's to make, and nobody else's. */
    public boolean adminIsNamed() {
        return !blank(adminHandle) || !blank(adminPassword);
    }

    private static boolean blank(@Nullable String value) {
        return value == null || value.isBlank();
    }

    public Path homeFolder() {
        return home != null ? home : userHome().resolve(".holdfast");
    }

    /** As a shell's ~ : HOME wins over the account's home folder. */
    public static Path userHome() {
        String home = System.getenv("HOME");
        home = home == null || home.isBlank() ? System.getProperty("user.home") : home;
        EnvironmentCheck.requireReadable("HOME", home);
        if (!home.startsWith("/")) { // a user without a name has "?"
            throw new StartFailure("HOME is " + home + ", which is no folder of a user; set HOLDFAST_HOME");
        }
        return Path.of(home);
    }

    private static void requireWithin(String name, Duration value, Duration least, Duration most) {
        require(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                name,
                value.toMillis(),
                least.toMillis(),
                most.toMillis(),
                "ms");
    }

    private static void requireWithin(String name, int value, int least, int most) {
        require(value >= least && value <= most, name, value, least, most, "");
    }

    private static void require(boolean isWithin, String name, long value, long least, long most, String unit) {
        if (!isWithin) {
            throw new StartFailure("%s is %d%s; it has to be between %d%s and %d%s"
                    .formatted(StartFailure.variable("holdfast." + name), value, unit, least, unit, most, unit));
        }
    }
}
