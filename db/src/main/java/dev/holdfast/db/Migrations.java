package dev.holdfast.db;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;

/**
 * Brings a database to the schema of this build: V files once and in order, R files whenever they have changed. During a
 * rolling update two builds share a database. It belongs to the newer: the older runs on that schema and never puts its
 * own functions back. Whose functions it holds, chat.built() says. Thread-safe.
 */
public final class Migrations {

    private final DataSource owner;
    private final Instant built;
    private final String location;

    /**
     * @param owner makes a new connection at every call; its user has to own the schemas or be allowed to make them. A
     *     data source, because Flyway refuses the driver's URLs
     */
    public Migrations(DataSource owner) {
        this(owner, thisBuild(), "classpath:db/migration");
    }

    Migrations(DataSource owner, Instant built, String location) {
        this.owner = owner;
        this.built = built;
        this.location = location;
    }

    /** When this build was made; which of two is the newer is told by it. */
    public Instant built() {
        return built;
    }

    Flyway flyway() {
        return Flyway.configure()
                .dataSource(owner)
                .schemas("chat", "ops")
                .defaultSchema("chat")
                .table("flyway_history")
                .locations(location)
                .placeholders(Map.of("built", built.toString()))
                // functions move between R files from one release to the next; a newer release may have run before
                .ignoreMigrationPatterns("repeatable:missing", "*:future")
                .initSql(BriefLocks.WAIT)
                .load();
    }

    /**
     * One process at a time, however many start.
     *
     * @return when the newer build was made whose schema is there and was left as it is; empty: the schema is this build's
     */
    public Optional<Instant> migrate() {
        return migrate(BriefLocks.PATIENCE);
    }

    /** @param patience how long it tries to get at tables on which somebody has left a transaction open */
    Optional<Instant> migrate(Duration patience) {
        try (var connection = owner.getConnection()) {
            awaitTurn(connection);
            var there = buildIn(connection);
            if (isOurs(there)) return Optional.empty();
            var newer = there.filter(
                    build -> build.isAfter(built) && pendingTables().isEmpty());
            if (newer.isEmpty()) BriefLocks.migrate(flyway(), connection, patience);
            return newer;
        } catch (SQLException e) {
            throw new FlywayException(e.getMessage(), e);
        }
    }

    /** What this build needs and the database doesn't hold, as after the restore of an older backup. */
    public List<String> missing() {
        try (var connection = owner.getConnection()) {
            var there = buildIn(connection);
            if (isOurs(there)) return List.of();
            var missing = new ArrayList<>(pendingTables());
            if (there.isEmpty() || there.get().isBefore(built)) {
                missing.add("the functions of the build of " + built + "; there are "
                        + there.map(build -> "those of " + build).orElse("none"));
            }
            return missing;
        } catch (SQLException e) {
            throw new FlywayException(e.getMessage(), e);
        }
    }

    /** Then nothing is left to be done, as the last of all files tells the build. To let Flyway find that takes a tenth of a start. */
    private boolean isOurs(Optional<Instant> there) {
        return there.filter(built::equals).isPresent();
    }

    private List<String> pendingTables() {
        return Arrays.stream(flyway().info().pending())
                .filter(MigrationInfo::isVersioned)
                .map(MigrationInfo::getScript)
                .toList();
    }

    // Flyway lets its own lock go after each file, and another build's could come in between; this one the connection
    // ends. Nobody but another start takes it, so nobody else is held up by who waits here
    private static void awaitTurn(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("set lock_timeout = '60s'");
            statement.execute("select pg_advisory_lock(7212, 0)::text");
        } catch (SQLException e) {
            if (!"55P03".equals(e.getSQLState())) throw e;
            throw new FlywayException(
                    "another process has been at it for a minute; its log says whether it waits for somebody. Start again"
                            + " when it is done; if it hangs, end it: select"
                            + " pg_terminate_backend(pid) from pg_locks join pg_database d on d.oid = database"
                            + " where datname = current_database() and classid = 7212 and granted",
                    e);
        }
    }

    // read, not called: a database that is empty or older has no such function
    private static Optional<Instant> buildIn(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "select substring(prosrc from '''(.+)''') from pg_proc where oid = to_regprocedure('chat.built()')")) {
            return rows.next() ? Optional.of(Instant.parse(rows.getString(1))) : Optional.empty();
        }
    }

    private static Instant thisBuild() {
        try (var file = Migrations.class.getResourceAsStream("/db/built")) {
            return Instant.parse(new String(file.readAllBytes(), StandardCharsets.UTF_8).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
