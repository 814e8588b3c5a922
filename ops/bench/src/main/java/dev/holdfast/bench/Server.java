package dev.holdfast.bench;

import com.impossibl.postgres.jdbc.PGDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.Migrations;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The PostgreSQL of all sides: the embedded 18 with its defaults, which sync every commit to the disk, one for the whole
 * run, and databases in it. Everybody but DBOS comes through the product's driver.
 */
final class Server {

    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static @Nullable Server running;

    private final EmbeddedPostgres postgres;

    private Server(EmbeddedPostgres postgres) {
        this.postgres = postgres;
    }

    static synchronized Server running() {
        if (running == null) {
            try {
                var postgres = EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "on")
                        .setServerConfig("synchronous_commit", "on")
                        // as Holdfast's own
                        .setServerConfig("autovacuum_naptime", "10s")
                        .setLocaleConfig("locale-provider", "builtin")
                        .setLocaleConfig("builtin-locale", "C.UTF-8")
                        .setServerConfig("max_connections", "300")
                        .setServerConfig("track_commit_timestamp", "on")
                        .setServerConfig("shared_preload_libraries", "pg_stat_statements")
                        .setServerConfig("unix_socket_directories", "")
                        .setPGStartupWait(Duration.ofMinutes(1))
                        .start();
                var server = new Server(postgres);
                Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
                running = server;
                new Migrations(server.create("holdfast_template").dataSource()).migrate();
            } catch (IOException e) {
                throw new UncheckedIOException("the embedded PostgreSQL did not start", e);
            }
        }
        return running;
    }

    /** A database with Holdfast's schema. */
    static Database holdfast() {
        return running().create("holdfast_" + COUNTER.incrementAndGet() + " template holdfast_template");
    }

    /** A database with nothing in it. */
    static Database empty() {
        return running().create("empty_" + COUNTER.incrementAndGet());
    }

    String version() {
        return database("postgres")
                .jdbc()
                .sql("show server_version")
                .query(String.class)
                .single();
    }

    /**
     * What the server's processes hold each for itself, without the buffers that they share, in MB. Without autovacuum's
     * workers, which come and go.
     */
    double memory() throws SQLException, IOException {
        double held = 0;
        try (var connection = database("postgres").dataSource().getConnection()) {
            for (long process : Sql.query(
                    connection,
                    "select pid from pg_stat_activity where backend_type <> 'autovacuum worker'",
                    row -> row.getLong(1))) {
                held += held(process, "RssAnon:");
            }
        }
        return held;
    }

    /** A line of what the system says of a process's memory, in MB. */
    static double held(long process, String line) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process + "/status")).stream()
                .filter(each -> each.startsWith(line))
                .mapToDouble(each -> Double.parseDouble(each.replaceAll("\\D", "")) / 1000)
                .findFirst()
                .orElseThrow();
    }

    private Database create(String nameAndTemplate) {
        database("postgres").jdbc().sql("create database " + nameAndTemplate).update();
        return database(nameAndTemplate.split(" ")[0]);
    }

    private Database database(String name) {
        return new Database(postgres.getPort(), name);
    }

    private void stop() {
        try {
            postgres.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the embedded PostgreSQL did not stop", e);
        }
    }

    /** One database of the server. {@link #close} drops it, whoever is still connected. */
    record Database(int port, String name) implements AutoCloseable {

        /** As HOLDFAST_DATABASE_URL takes it. */
        String url() {
            return "postgresql://postgres:postgres@127.0.0.1:%d/%s?sslmode=disable".formatted(port, name);
        }

        /** A connection for each call. */
        DataSource dataSource() {
            var source = new PGDataSource();
            source.setServerName("127.0.0.1");
            source.setPortNumber(port);
            source.setDatabaseName(name);
            source.setUser("postgres");
            source.setPassword("postgres");
            return source;
        }

        HikariDataSource pool(int connections) {
            var config = new HikariConfig();
            config.setDataSource(dataSource());
            config.setMaximumPoolSize(connections);
            return new HikariDataSource(config);
        }

        JdbcClient jdbc() {
            return JdbcClient.create(dataSource());
        }

        @Override
        public void close() {
            running()
                    .database("postgres")
                    .jdbc()
                    .sql("drop database if exists " + name + " with (force)")
                    .update();
        }
    }
}
