package dev.holdfast.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.TcpProxy;
import dev.holdfast.testing.WebApp;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The application behind a proxy to its database, which is then broken for real. */
class DatabaseTroubleTest {

    private static final String[] TABLES = {
        "account", "channel", "membership", "message", "session", "session_attributes", "allowance"
    };

    private static TestDatabase database;
    private static TcpProxy proxy;
    private static WebApp app;
    private static Browser ada;
    private static String general;

    @BeforeAll
    static void start() {
        database = TestPostgres.create();
        proxy = TcpProxy.to(database.host(), database.port());
        app = WebApp.startOn(
                new TestDatabase("127.0.0.1", proxy.port(), database.name(), database.user(), database.password()));
        ada = app.administrator();
        general = ada.channel("general");
    }

    @AfterAll
    static void stop() {
        proxy.restore();
        app.close();
        proxy.close();
    }

    @Test
    void a_database_that_is_gone_is_503_and_comes_back_by_itself() throws Exception {
        proxy.refuse();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Browser.Answer>> calls = List.of(
                    () -> ada.get("/api/me"),
                    () -> ada.get("/api/setup"),
                    () -> ada.write(general, "lost?"),
                    () -> app.browser().signIn("ada"));
            for (var refused : threads.invokeAll(calls)) {
                assertThat(refused.get().mustBe(503).detail())
                        .contains("database")
                        .contains("Try again");
                assertThat(refused.get().header("Retry-After")).isPresent();
            }
        } finally {
            proxy.restore();
        }
        var restored = Instant.now();
        while (ada.get("/api/channels").status() != 200) {
            assertThat(Instant.now()).as("healthy within 10 s").isBefore(restored.plus(Duration.ofSeconds(10)));
        }
        ada.write(general, "here again").mustBe(201);
    }

    @Test
    void a_read_only_database_is_read_on_and_writes_are_503() {
        // so long ago that the time of last use would be written, if it could be
        database.jdbc()
                .sql("update chat.session set last_access_time = last_access_time - 120000")
                .update();
        refuseWrites("read_only_sql_transaction", "cannot execute INSERT in a read-only transaction");
        try {
            for (var path : new String[] {
                "/api/me", "/api/channels", "/api/channels/" + general + "/messages", "/api/search?q=hello"
            }) {
                ada.get(path).mustBe(200);
            }
            var refused = ada.write(general, "not now");
            assertThat(refused.mustBe(503).detail()).contains("read-only").contains("nothing was stored");
            assertThat(refused.header("Retry-After")).isPresent();
            ada.post("/api/channels", "{\"name\": \"not-now\"}").mustBe(503);
            app.browser().signIn("ada").mustBe(503);
        } finally {
            takeWrites();
        }
        ada.write(general, "now").mustBe(201);
    }

    /** As in maintenance, or where a provider guards a disk that is nearly full. */
    @Test
    void a_database_that_is_set_to_be_read_only_is_so_for_connections_and_processes_that_begin_after()
            throws SQLException {
        set("set default_transaction_read_only = on");
        try {
            ada.get("/api/me").mustBe(200);
            assertThat(ada.write(general, "not now").mustBe(503).detail()).contains("read-only");
            WebApp.startOn(database).close();
        } finally {
            set("reset default_transaction_read_only");
        }
        ada.write(general, "now").mustBe(201);
    }

    @Test
    void what_isolation_the_database_gives_by_default_does_not_matter() throws SQLException {
        set("set default_transaction_isolation = 'repeatable read'");
        try {
            for (var pool : app.beans(HikariDataSource.class)) {
                assertThat(isolation(pool)).as(pool.getPoolName()).isEqualTo("read committed");
            }
        } finally {
            set("reset default_transaction_isolation");
        }
    }

    private static String isolation(DataSource pool) {
        return JdbcClient.create(pool)
                .sql("show transaction_isolation")
                .query(String.class)
                .single();
    }

    /** For all sessions that begin after, and the pools begin their own anew. */
    private static void set(String setting) throws SQLException {
        try (var connection = database.dataSource().getConnection();
                var statement = connection.createStatement()) {
            connection.setReadOnly(false); // where that is what is set
            statement.execute("alter database \"" + database.name() + "\" " + setting);
        }
        app.beans(HikariDataSource.class)
                .forEach(pool -> pool.getHikariPoolMXBean().softEvictConnections());
    }

    @Test
    void a_full_disk_is_503_and_nothing_is_stored() {
        var id = UUID.randomUUID();
        refuseWrites("disk_full", "could not extend file: No space left on device");
        try {
            assertThat(ada.post("/api/channels/" + general + "/messages", Browser.message(id, "too much"))
                            .mustBe(503)
                            .detail())
                    .contains("no room");
            ada.get("/api/channels/" + general + "/messages").mustBe(200);
        } finally {
            takeWrites();
        }
        var stored = ada.post("/api/channels/" + general + "/messages", Browser.message(id, "enough"))
                .mustBe(201)
                .json();
        assertThat(stored.path("content").stringValue()).isEqualTo("enough");
    }

    /** As the server itself would: a superuser's pool cannot be made read-only, because it sets its transactions read-write. */
    private static void refuseWrites(String condition, String message) {
        database.jdbc().sql("""
                create function chat.refuses() returns trigger language plpgsql as $$
                begin
                  raise exception '%s' using errcode = '%s';
                end $$""".formatted(message, condition)).update();
        for (var table : TABLES) {
            database.jdbc()
                    .sql(
                            "create trigger a_refuses before insert or update or delete on chat.%s for each statement execute function chat.refuses()"
                                    .formatted(table))
                    .update();
        }
    }

    private static void takeWrites() {
        database.jdbc().sql("drop function chat.refuses() cascade").update();
    }

    @Test
    void what_takes_the_database_too_long_is_given_up_and_the_refusal_says_what_to_do() throws Exception {
        try (var holder = database.dataSource().getConnection();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("lock table chat.generation, chat.message in access exclusive mode");
            var write = threads.submit(() -> ada.write(general, "behind a lock"));
            var repair = threads.submit(() -> ada.post("/api/ops/retry-failed", "{\"agent\": \"guide\"}"));
            await().atMost(Duration.ofSeconds(15)).until(() -> {
                cancelWhatWaits(); // as the server does after the statement_timeout
                return write.isDone() && repair.isDone();
            });
            assertThat(write.get().mustBe(503).detail()).contains("nothing was stored", "Try again");
            assertThat(repair.get().mustBe(503).detail()).contains("nothing was changed", "psql");
        }
    }

    private static void cancelWhatWaits() {
        database.jdbc().sql("""
                select count(pg_cancel_backend(pid)) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'""").query(Integer.class).single();
    }

    @Test
    void a_statement_ends_in_the_server_before_its_connection_is_given_up() throws Exception {
        for (var pool : app.beans(HikariDataSource.class)) {
            try (var connection = pool.getConnection();
                    var rows = connection
                            .createStatement()
                            .executeQuery(
                                    "select setting::integer from pg_settings where name = 'statement_timeout'")) {
                rows.next();
                assertThat(rows.getInt(1))
                        .as(pool.getPoolName())
                        .isPositive()
                        .isLessThan(connection.getNetworkTimeout());
            }
        }
    }

    @Test
    void a_fault_of_ours_tells_nothing_of_its_insides() {
        database.jdbc().sql("alter table chat.invite rename to invite_gone").update();
        try {
            var refused = ada.get("/api/invites").mustBe(500);
            assertThat(refused.detail())
                    .contains("its log")
                    .doesNotContain("invite")
                    .doesNotContain("SQL")
                    .doesNotContain("xception");
        } finally {
            database.jdbc().sql("alter table chat.invite_gone rename to invite").update();
        }
    }
}
