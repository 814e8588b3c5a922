package dev.holdfast;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What an operator may set: {@code holdfast.flush-interval} as a property or HOLDFAST_FLUSH_INTERVAL in the environment,
 * and so on. A wrong value stops the start with one line that names it.
 *
 * @param databaseUrl postgresql://user:password@host:port/db?sslmode=...; null: the embedded PostgreSQL
 * @param home where the embedded database lives; null: .holdfast in the user's home
 * @param workerSlots generations at once in this process
 * @param flushInterval how often a worker writes what has been streamed
 * @param lease how long a claim lives without a heartbeat
 * @param drainTimeout how long a worker that is told to end may go on with what it runs
 */
@Validated
@ConfigurationProperties("holdfast")
public record Settings(
        @Nullable String databaseUrl,
        @Nullable Path home,
        @NotNull @DefaultValue("all") Role role,
        @Nullable String adminHandle,
        @Nullable String adminPassword,
        @Min(1) @Max(100_000) @DefaultValue("256") int workerSlots,
        @NotNull @DefaultValue("25ms") Duration flushInterval,
        @NotNull @DefaultValue("10s") Duration lease,
        @NotNull @DefaultValue("20s") Duration drainTimeout,
        @Min(2) @DefaultValue("10") int webConnections,
        @Min(3) @DefaultValue("6") int workerConnections) {

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
    }

    public Path homeFolder() {
        if (home != null) {
            return home;
        }
        // as a shell's ~ : HOME wins over the account's home folder
        String userHome = System.getenv("HOME");
        return Path.of(
                userHome == null || userHome.isBlank() ? System.getProperty("user.home") : userHome, ".holdfast");
    }

    private static void requireWithin(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new StartFailure(
                    "HOLDFAST_" + name.toUpperCase(Locale.ROOT).replace('-', '_') + " is " + value.toMillis()
                            + "ms; it has to be between " + least.toMillis() + "ms and " + most.toMillis() + "ms");
        }
    }
}
