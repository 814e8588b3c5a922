package dev.holdfast.db;

import com.impossibl.postgres.jdbc.PGDataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The one place where tests get a PostgreSQL from: one server for each JVM, a template migrated once, and a database of
 * its own for each test, cloned from the template. {@code -Dpostgres=docker} uses Testcontainers instead of the embedded
 * server; {@code -Dpostgres.version=15} another version (embedded: the binaries on the class path).
 */
public final class TestPostgres {

    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static TestServer server;

    private TestPostgres() {}

    /** A database with the whole schema, for one test alone. */
    public static TestDatabase create() {
        return server().cloneOf("holdfast_template", "test_" + COUNTER.incrementAndGet());
    }

    /** An empty database without the schema. */
    public static TestDatabase createEmpty() {
        return server().cloneOf("template1", "empty_" + COUNTER.incrementAndGet());
    }

    /** The server that this JVM's tests use, started at the first call. */
    public static synchronized TestServer server() {
        if (server == null) {
            server = TestServer.start();
            System.out.println("Tests use " + server.description());
            var administrator = server.database("postgres").jdbc();
            // with a database for each test a worker of the autovacuum would start several times a second
            administrator.sql("alter system set autovacuum_naptime = '1h'").update();
            administrator.sql("select pg_reload_conf()").query().singleRow();
            new Migrations(server.createDatabase("holdfast_template").dataSource()).migrate();
        }
        return server;
    }

    /** A database of a test server. host is always loopback; user and password are the server's superuser. */
    public record TestDatabase(String host, int port, String name, String user, String password) {

        /** As HOLDFAST_DATABASE_URL takes it. */
        public String url() {
            return "postgresql://%s:%s@%s:%d/%s".formatted(user, password, host, port, name);
        }

        /** Unpooled connections through the product's driver. */
        public DataSource dataSource() {
            var source = new PGDataSource();
            source.setServerName(host);
            source.setPortNumber(port);
            source.setDatabaseName(name);
            source.setUser(user);
            source.setPassword(password);
            return source;
        }

        /** Connections are opened when they are needed. */
        HikariDataSource pool(int connections) {
            var config = new HikariConfig();
            config.setDataSource(dataSource());
            config.setMaximumPoolSize(connections);
            config.setMinimumIdle(0);
            return new HikariDataSource(config);
        }

        public JdbcClient jdbc() {
            return JdbcClient.create(dataSource());
        }
    }
}
