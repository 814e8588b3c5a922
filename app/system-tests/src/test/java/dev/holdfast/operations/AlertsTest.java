package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.SimulatedBrowser;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Alerts fire when their fault is injected for real: a Prometheus with the product's rules scrapes a running Holdfast. Only
 * how long an alert waits before it fires is shortened. Those that need hours or gigabytes are in holdfast.test.yml alone.
 */
@EnabledIfSystemProperty(named = "ops.check", matches = "true", disabledReason = "four minutes: ops/check runs it")
@ResourceLock(Running.SHARED)
class AlertsTest {

    private static Running running;
    private static Prometheus prometheus;
    private static SimulatedBrowser browser;
    private static JdbcClient server;

    @BeforeAll
    static void nothingFires() throws IOException {
        var program = Prometheus.program("prometheus");
        assertThat(program)
                .as("prometheus is not here; install Debian's package prometheus")
                .isPresent();
        running = Running.shared();
        browser = running.browser();
        var ours = running.database;
        server = new TestDatabase(ours.host(), ours.port(), "postgres", ours.user(), ours.password()).jdbc();
        running.models.on("ada-model", Script.says("All is well."));
        running.ask("mira", "@ada hello");
        prometheus = Prometheus.start(program.get(), running.managementPorts());
        await("all processes are scraped", "sum(up) == 3");
        await("no alert fires", "count(ALERTS{alertstate='firing'}) or vector(0) == 0");
    }

    @AfterAll
    static void leave() {
        if (prometheus == null) return;
        prometheus.close();
        browser.close();
    }

    @AfterEach
    void mended() {
        running.models.on("ada-model", Script.says("All is well."));
        running.cancelAll();
    }

    @Test
    void every_worker_is_killed() {
        running.worker.kill();
        running.standby.kill();
        try {
            awaitFiring("HoldfastDown", "HoldfastNoWorker");
        } finally {
            running.worker.launch();
            running.standby.launch();
        }
        await("all processes are scraped again", "sum(up) == 3");
    }

    @Test
    void the_database_cannot_be_reached() {
        running.network.refuse();
        try {
            awaitFiring("HoldfastDatabaseAway");
            assertThat(prometheus.query("up == 0"))
                    .as("the processes themselves still answer")
                    .isEmpty();
        } finally {
            running.network.restore();
        }
        await("it is read again", "min(holdfast_agents) > 0");
    }

    @Test
    void the_database_is_read_and_takes_no_writes_while_nobody_asks() {
        readOnly("on");
        try {
            awaitFiring("HoldfastWritesFail");
        } finally {
            readOnly("off");
        }
        await("they write again", "max(holdfast_heartbeat_age_seconds) < 5");
    }

    private static void readOnly(String value) {
        var name = running.database.name();
        server.sql("alter database " + name + " set default_transaction_read_only = " + value)
                .update();
        server.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = ?")
                .param(name)
                .query(Boolean.class)
                .list();
    }

    @Test
    void an_agent_is_paused_while_people_go_on_asking() {
        running.jdbc()
                .sql("select ops.pause_agent('ada')::text")
                .query(String.class)
                .single();
        try {
            ask(60);
            running.jdbc()
                    .sql("update chat.generation set queued_at = now() - interval '61 seconds' where state = 'queued'")
                    .update();
            awaitFiring("HoldfastQueueOld");
            ask(60);
            awaitFiring("HoldfastQueueGrows");
        } finally {
            running.jdbc()
                    .sql("select ops.resume_agent('ada')::text")
                    .query(String.class)
                    .single();
        }
    }

    @Test
    void the_model_refuses() {
        running.models.on("ada-model", Script.fails(Fault.BAD_KEY));
        askUntilFiring(15, "HoldfastRepliesFail", "HoldfastFailedWait");
    }

    @Test
    void the_model_limits_the_rate() {
        running.models.on("ada-model", Script.fails(Fault.RATE_LIMITED).retryAfter("1"));
        askUntilFiring(5, "HoldfastRateLimited");
    }

    @Test
    void every_slot_is_taken_and_then_a_worker_freezes() {
        running.jdbc().sql("update chat.agent set max_concurrency = 200").update();
        running.models.on("ada-model", Script.says("word ".repeat(1000)).pace(1));
        try {
            ask(140);
            awaitFiring("HoldfastSlotsFull");
            running.worker.freeze();
            awaitFiring("HoldfastLeasesExpire");
        } finally {
            running.worker.thaw();
            running.jdbc().sql("update chat.agent set max_concurrency = 8").update();
        }
    }

    @Test
    void somebody_locks_tables_again_and_again() throws SQLException {
        running.models.on("ada-model", Script.says("word ".repeat(1000)).pace(5));
        ask(4);
        try (var connection = running.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            untilFiring(
                    () -> {
                        try (var statement = connection.createStatement()) {
                            // the one that is written into, and one that is read before browsers are told
                            for (var table : List.of("chunk", "channel")) {
                                statement.execute("lock table chat." + table + " in access exclusive mode");
                                statement.execute("select pg_sleep(3)");
                                connection.commit();
                                statement.execute("select pg_sleep(0.3)");
                            }
                        } catch (SQLException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    "HoldfastFlushSlow",
                    "HoldfastFeedLags");
        }
    }

    @Test
    void the_listeners_are_cut_and_at_last_find_no_way_back() {
        untilFiring(AlertsTest::cutListeners, "HoldfastListenerFlaps");
        var name = running.database.name();
        server.sql("alter database " + name + " allow_connections false").update();
        try {
            cutListeners();
            awaitFiring("HoldfastListenerDown");
        } finally {
            server.sql("alter database " + name + " allow_connections true").update();
        }
        await("they listen again", "min(holdfast_listener_connected) == 1");
    }

    /** As the runbook finds them. */
    private static void cutListeners() {
        server.sql(
                        "select pg_terminate_backend(pid) from pg_stat_activity where datname = ? and application_name = 'holdfast listener'")
                .param(running.database.name())
                .query(Boolean.class)
                .list();
        pause(1000);
    }

    private static void ask(int times) {
        running.jdbc().sql("""
                insert into chat.message (channel_id, author_id, content)
                select c.id, a.id, '@ada number ' || n
                from chat.channel c, chat.account a, generate_series(1, ?) n
                where c.name = 'room' and a.handle = 'noor'
                """).param(times).update();
    }

    private static void askUntilFiring(int times, String... alerts) {
        untilFiring(
                () -> {
                    ask(times);
                    pause(1000);
                },
                alerts);
    }

    private static void untilFiring(Runnable again, String... alerts) {
        var until = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (Stream.of(alerts)
                .anyMatch(alert -> prometheus.query(firing(alert)).isEmpty())) {
            assertThat(System.nanoTime()).as("%s did not fire", List.of(alerts)).isLessThan(until);
            again.run();
        }
        System.out.println("Fired: " + String.join(", ", alerts));
    }

    private static void awaitFiring(String... alerts) {
        untilFiring(() -> pause(200), alerts);
    }

    private static String firing(String alert) {
        return "ALERTS{alertstate='firing',alertname='" + alert + "'}";
    }

    private static void await(String what, String expression) {
        await(what, () -> !prometheus.query(expression).isEmpty());
    }

    private static void await(String what, java.util.function.BooleanSupplier condition) {
        var until = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(until);
            pause(200);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
