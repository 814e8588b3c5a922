package dev.holdfast.db;

import dev.holdfast.db.TestPostgres.TestDatabase;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A PostgreSQL server of a test JVM; it ends with the JVM. */
public record TestServer(String description, String host, int port, String user, String password, Runnable stop) {

    static TestServer start() {
        return switch (System.getProperty("postgres", "embedded")) {
            case "embedded" -> embedded();
            case "docker" -> docker();
            case String other ->
                throw new IllegalArgumentException("-Dpostgres=" + other + " is unknown; use embedded or docker");
        };
    }

    /** A server of its own, for a test that restarts or breaks it. Stop it with {@link #stop()}. */
    public static TestServer embedded() {
        try {
            Path data = Files.createTempDirectory("holdfast-test");
            EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false) // the one below deletes too
                    .setServerConfig("fsync", "off")
                    // the library's own default is off, and a commit would mean nothing when the server is killed
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("max_connections", "300")
                    .setServerConfig("max_prepared_transactions", "5")
                    .setServerConfig("shared_preload_libraries", "pg_stat_statements")
                    .setServerConfig("unix_socket_directories", "")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .start();
            Runnable stop = () -> stop(postgres, data);
            Runtime.getRuntime().addShutdownHook(new Thread(stop));
            var server = new TestServer("", "127.0.0.1", postgres.getPort(), "postgres", "postgres", stop);
            return server.described("embedded PostgreSQL");
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not start", e);
        }
    }

    /** A database whose owner may do nothing else on its server. */
    TestDatabase ordinary() {
        var name = "ordinary_" + UUID.randomUUID().toString().substring(0, 8);
        var jdbc = database("postgres").jdbc();
        jdbc.sql("create role " + name + " login password 'secret'").update();
        jdbc.sql("create database " + name + " owner " + name).update();
        return new TestDatabase(host, port, name, name, "secret");
    }

    static void requireEngine() {
        if (System.getProperty("postgres", "embedded").equals("docker")
                && !DockerClientFactory.instance().isDockerAvailable()) {
            throw new IllegalStateException("-Dpostgres=docker needs a Docker engine and none answers;"
                    + " start one, or leave the option out to use the embedded PostgreSQL");
        }
    }

    @SuppressWarnings("resource") // the container ends with the JVM
    private static TestServer docker() {
        requireEngine();
        String version = System.getProperty("postgres.version", "18");
        var container = new PostgreSQLContainer("postgres:" + version)
                .withCommand(
                        "postgres",
                        "-c",
                        "fsync=off",
                        "-c",
                        "max_connections=300",
                        "-c",
                        "max_prepared_transactions=5",
                        "-c",
                        "shared_preload_libraries=pg_stat_statements");
        container.start();
        var server = new TestServer(
                "",
                container.getHost(),
                container.getFirstMappedPort(),
                container.getUsername(),
                container.getPassword(),
                container::stop);
        return server.described("PostgreSQL in a container, image postgres:" + version + ",");
    }

    private TestServer described(String kind) {
        String version = database("postgres")
                .jdbc()
                .sql("show server_version")
                .query(String.class)
                .single();
        return new TestServer(kind + " " + version + " on port " + port, host, port, user, password, stop);
    }

    TestDatabase database(String name) {
        return new TestDatabase(host, port, name, user, password);
    }

    public TestDatabase createDatabase(String name) {
        return createDatabase(name, "");
    }

    /** @param options of CREATE DATABASE */
    public TestDatabase createDatabase(String name, String options) {
        database("postgres")
                .jdbc()
                .sql("create database " + name + " " + options)
                .update();
        return database(name);
    }

    public synchronized TestDatabase cloneOf(String template, String name) {
        database("postgres")
                .jdbc()
                .sql("create database " + name + " template " + template + " strategy file_copy")
                .update();
        return database(name);
    }

    /** Nobody waits until hundreds of databases are deleted: a process that outlives this one does that. */
    private static void stop(EmbeddedPostgres postgres, Path data) {
        try {
            postgres.close();
            new ProcessBuilder("rm", "-rf", data.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not stop", e);
        }
    }
}
