package dev.holdfast.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.Settings;
import dev.holdfast.StartFailure;
import dev.holdfast.db.Migrations;
import dev.holdfast.web.WebSide;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.micrometer.metrics.system.DiskSpaceMetricsBinder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The ways to the database: the owner's for the schema, a pool for each side under that side's role, and one connection
 * that listens. Nobody gets a connection before the schema is this build's or a newer one's.
 */
@Configuration(proxyBeanMethods = false)
class Databases {

    private static final Logger log = LoggerFactory.getLogger(Databases.class);

    private static final int OLDEST = 15;
    private static final int FIRST_CONNECTS = 3;

    /** Longer than the server lets a statement take. */
    private static final Duration NO_ANSWER = Duration.ofSeconds(20);

    /**
     * The connection is the owner's; from then on it may do what the role may, where the server knows the role. A statement
     * ends a little before its connection is given up ({@link #NO_ANSWER}): the server would go on with it for nobody. It is
     * the server that ends it: to cancel one the driver connects from the thread that serves other connections, too. One
     * that waits for a channel which somebody holds in psql gives its connection back to the others sooner: soonest on the web,
     * where whoever writes there asks again anyway. None takes long enough to be worth compiling. Before that the pool has
     * made every connection one that writes, also of a database that somebody has set to be read only: it is asked again.
     */
    private static final String AS_ROLE = """
            reset default_transaction_read_only;
            select set_config('timezone', 'UTC', false), set_config('idle_in_transaction_session_timeout', '5s', false),
              set_config('statement_timeout', '%s', false), set_config('lock_timeout', '%s', false),
              set_config('jit', 'off', false), set_config('default_transaction_isolation', 'read committed', false),
              (select set_config('role', rolname, false) from pg_roles where rolname = '%s' and pg_has_role(oid, 'member'))
            """;

    /** The address, and the embedded server behind it if there is one. */
    record Server(DatabaseUrl url, AutoCloseable process) implements AutoCloseable {

        @Override
        public void close() throws Exception {
            process.close();
        }
    }

    /** A database that holds this build's schema or a newer one's. */
    record Migrated(DatabaseUrl url, Migrations migrations) {}

    @Bean(destroyMethod = "close")
    Server server(Settings settings) {
        var elsewhere = elsewhere(settings);
        if (elsewhere.isPresent()) {
            return new Server(elsewhere.get(), () -> {});
        }
        var embedded = EmbeddedDatabase.start(settings.homeFolder());
        log.info(
                "Embedded PostgreSQL in {}; for psql: PGSERVICEFILE={} psql service=holdfast",
                settings.homeFolder(),
                settings.homeFolder().resolve("pg_service.conf"));
        return new Server(embedded.url(), embedded);
    }

    /** Empty: the embedded database is asked for. */
    private static Optional<DatabaseUrl> elsewhere(Settings settings) {
        return Optional.ofNullable(settings.databaseUrl())
                .filter(url -> !url.isBlank())
                .map(DatabaseUrl::parse);
    }

    /** The disk that fills with the database; of a database elsewhere none is seen from here. */
    @Bean
    DiskSpaceMetricsBinder disk(Settings settings) {
        Path folder = elsewhere(settings).isEmpty() ? settings.homeFolder() : Path.of("");
        return new DiskSpaceMetricsBinder(List.of(folder.toAbsolutePath().toFile()), Tags.empty());
    }

    @Bean
    Migrated migrated(Server server) {
        DataSource owner = server.url().dataSource();
        try {
            connectOnce(owner);
        } catch (SQLException e) {
            throw silent(server, e.getMessage(), e);
        }
        var migrations = new Migrations(owner);
        try {
            migrations
                    .migrate()
                    .ifPresent(newer -> log.warn(
                            "The database's schema is of the build of {}, newer than this one of {}, and stays as it is:"
                                    + " this build runs on it if it is of the release before",
                            newer,
                            migrations.built()));
        } catch (FlywayException e) {
            if (LostDatabase.by(e)) throw silent(server, "it went away during the start", e);
            throw new StartFailure(
                    "the schema of " + server.url() + " could not be brought up to date: "
                            + String.valueOf(e.getMessage()).strip(),
                    e);
        }
        return new Migrated(server.url(), migrations);
    }

    private static StartFailure silent(Server server, @Nullable String why, Exception cause) {
        return new StartFailure(
                "the database " + server.url() + " does not answer (" + why + "); check HOLDFAST_DATABASE_URL", cause);
    }

    // the first connection also loads the driver, which on a busy machine can take longer than connecting may
    private static void connectOnce(DataSource owner) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                requireFit(owner);
                return;
            } catch (SQLException e) {
                if (attempt == FIRST_CONNECTS) throw e;
            }
        }
    }

    private static void requireFit(DataSource owner) throws SQLException {
        try (var connection = owner.getConnection();
                var statement = connection.createStatement();
                var encoding = statement.executeQuery("show server_encoding")) {
            requireRecent(connection.getMetaData().getDatabaseMajorVersion());
            encoding.next();
            requireUnicode(encoding.getString(1));
        }
    }

    static void requireRecent(int major) {
        if (major < OLDEST) {
            throw new StartFailure("the database of HOLDFAST_DATABASE_URL is PostgreSQL " + major
                    + "; Holdfast needs PostgreSQL " + OLDEST + " or newer");
        }
    }

    // another one cannot hold every message, or (SQL_ASCII) takes its bytes for characters
    private static void requireUnicode(String encoding) {
        if (!encoding.equals("UTF8")) {
            throw new StartFailure(
                    "the database of HOLDFAST_DATABASE_URL has the encoding " + encoding
                            + "; Holdfast needs one that was made with: create database holdfast encoding 'UTF8' template template0");
        }
    }

    @Bean(destroyMethod = "close")
    @Primary
    @Qualifier("web")
    HikariDataSource webDataSource(Migrated database, Settings settings, MeterRegistry meters) {
        return pool("web", "holdfast_web", "18s", "1s", database.url(), settings.webConnections(), meters);
    }

    @Bean(destroyMethod = "close", defaultCandidate = false)
    @Qualifier("feed")
    @WebSide
    HikariDataSource feedDataSource(Migrated database, MeterRegistry meters) {
        return pool("feed", "holdfast_web", "18s", "3s", database.url(), 2, meters);
    }

    @Bean(destroyMethod = "close", defaultCandidate = false)
    @Qualifier("worker")
    HikariDataSource workerDataSource(Migrated database, Settings settings, MeterRegistry meters) {
        return pool("worker", "holdfast_worker", "8s", "3s", database.url(), settings.workerConnections(), meters);
    }

    @Bean
    @Primary
    @Qualifier("web")
    JdbcClient webJdbc(@Qualifier("web") DataSource dataSource) {
        return JdbcClient.create(dataSource);
    }

    @Bean(defaultCandidate = false)
    @Qualifier("worker")
    JdbcClient workerJdbc(@Qualifier("worker") DataSource dataSource) {
        return JdbcClient.create(dataSource);
    }

    @Bean
    ListenConnection listenConnection(Migrated database, MeterRegistry meters) {
        return new ListenConnection(database.url().dataSource(), meters);
    }

    private static HikariDataSource pool(
            String name,
            String role,
            String statementTimeout,
            String lockTimeout,
            DatabaseUrl url,
            int connections,
            MeterRegistry meters) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(url.dataSource(NO_ANSWER));
        config.setConnectionInitSql(AS_ROLE.formatted(statementTimeout, lockTimeout, role));
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(5_000);
        config.setValidationTimeout(2_000);
        config.setInitializationFailTimeout(-1); // no connection before one is asked for: a side that is off has none
        config.setMetricRegistry(meters);
        return new HikariDataSource(config);
    }
}
