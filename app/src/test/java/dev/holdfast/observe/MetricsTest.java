package dev.holdfast.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.SimulatedBrowser;
import dev.holdfast.testing.WebApp;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.DoublePredicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Each metric of the contract moves when its event happens, seen in scrapes of the whole program. That of the slow browsers
 * that are let go is in FeedFaultsTest.
 */
@Order(1)
class MetricsTest {

    private static final String ID = "[0-9a-f]{8}-[0-9a-f]{4}-";
    private static ModelServer models;
    private static WebApp app;
    private static Browser management;
    private static String channel;
    private static String beforeAnything;

    @BeforeAll
    static void start() {
        models = ModelServer.start();
        app = WebApp.startAs(
                "all",
                TestPostgres.create(),
                "OPENAI_BASE_URL=" + models.openAiBaseUrl(),
                "OPENAI_API_KEY=sk-test-openai",
                "OLLAMA_BASE_URL=http://127.0.0.1:1");
        management = new Browser(app.managementPort());
        channel = app.administrator().channel("general");
        beforeAnything = scrape();
    }

    @AfterAll
    static void stop() {
        app.close();
        models.close();
    }

    @AfterEach
    void nothingRunsAnyMore() {
        app.jdbc()
                .sql(
                        "select count(*) from ops.cancel_all(array(select id from ops.generations where state in ('queued', 'running')))")
                .query(Integer.class)
                .single();
        app.jdbc().sql("update chat.agent set paused = false").update();
        await("holdfast_slots{state=\"busy\"}", busy -> busy == 0);
    }

    @Test
    void a_reply_is_seen_from_its_mention_to_its_end() {
        models.on("test-model", Script.says("héllo ".repeat(40)).pace(10));
        var before = scrape();
        ask();
        await("holdfast_queue_depth{agent=\"gpt\",state=\"running\"}", depth -> depth == 1);
        await("holdfast_slots{state=\"busy\"}", busy -> busy == 1);
        var completed = "holdfast_generations_total{agent=\"gpt\",outcome=\"completed\"}";
        await(completed, ended -> ended == value(completed, before) + 1);
        await("holdfast_slots{state=\"busy\"}", busy -> busy == 0);
        await("holdfast_slots{state=\"free\"}", free -> free == 256);
        assertThat(since(before, "holdfast_claim_latency_seconds_count")).isEqualTo(1);
        assertThat(since(before, "holdfast_time_to_first_token_seconds_count{agent=\"gpt\"}"))
                .isEqualTo(1);
        assertThat(since(before, "holdfast_generation_seconds_sum{agent=\"gpt\",outcome=\"completed\"}"))
                .as("40 words, 10 a second")
                .isBetween(3.0, 60.0);
        assertThat(since(before, "holdfast_tokens_total{agent=\"gpt\",direction=\"input\"}"))
                .isPositive();
        assertThat(since(before, "holdfast_tokens_total{agent=\"gpt\",direction=\"output\"}"))
                .isPositive();
        assertThat(since(before, "holdfast_flush_seconds_count")).isPositive();
        assertThat(since(before, "holdfast_flush_chunks_count"))
                .isEqualTo(since(before, "holdfast_flush_seconds_count"));
        assertThat(since(before, "holdfast_flush_bytes_total"))
                .as("bytes, not characters")
                .isBetween(241.0, 280.0);
    }

    @Test
    void what_waits_and_what_failed_is_counted() {
        app.jdbc()
                .sql("select ops.pause_agent('gpt')::text")
                .query(String.class)
                .single();
        var ended = "holdfast_generations_total{agent=\"gpt\",outcome=\"failed\"}";
        var before = value(ended);
        ask();
        await("holdfast_queue_depth{agent=\"gpt\",state=\"queued\"}", queued -> queued == 1);
        await("holdfast_queue_oldest_age_seconds{agent=\"gpt\"}", age -> age > 0.5 && age < 60);
        models.on("test-model", Script.fails(Fault.BAD_KEY));
        app.jdbc()
                .sql("select ops.resume_agent('gpt')::text")
                .query(String.class)
                .single();
        await("holdfast_queue_depth{agent=\"gpt\",state=\"failed\"}", failed -> failed == 1);
        await("holdfast_queue_oldest_age_seconds{agent=\"gpt\"}", age -> age == 0);
        await(ended, failed -> failed == before + 1);
        app.jdbc()
                .sql("update chat.generation set state = 'cancelled' where state = 'failed'")
                .update();
    }

    @Test
    void what_an_alert_takes_the_increase_of_is_there_before_it_happens() {
        assertThat(beforeAnything).contains("holdfast_retries_total{reason=\"rate_limited\"} 0.0\n");
        awaitScrape("holdfast_generations_total{agent=\"unasked\",outcome=\"failed\"} 0.0\n", () -> agent("unasked"));
    }

    @Test
    void an_agent_s_earlier_handle_leaves_no_gauge_behind() {
        awaitScrape("holdfast_queue_depth{agent=\"before\",state=\"failed\"} 0.0\n", () -> agent("before"));
        awaitScrape(
                "holdfast_queue_depth{agent=\"since\",state=\"failed\"} 0.0\n",
                () -> app.jdbc()
                        .sql("update chat.account set handle = 'since' where handle = 'before'")
                        .update());
        assertThat(scrape())
                .doesNotContain(
                        "holdfast_queue_depth{agent=\"before\"", "holdfast_queue_oldest_age_seconds{agent=\"before\"");
    }

    private static void agent(String handle) {
        app.jdbc().sql("""
                with made as (
                  insert into chat.account (handle, display_name, kind) values (?, 'An agent', 'agent') returning id
                )
                insert into chat.agent (account_id, provider, model) select id, 'openai', 'test-model' from made
                """).param(handle).update();
    }

    private static void awaitScrape(String line, Runnable after) {
        assertThat(scrape()).doesNotContain(line);
        after.run();
        var until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!scrape().contains(line)) {
            assertThat(System.nanoTime()).as(line).isLessThan(until);
            pause();
        }
    }

    @Test
    void an_attempt_that_is_tried_again_is_counted_by_its_reason() {
        models.on(
                "test-model",
                Script.says("At last.")
                        .fault(Fault.RATE_LIMITED)
                        .retryAfter("1")
                        .times(1));
        var before = value("holdfast_generations_total{outcome=\"retried\"}");
        ask();
        await("holdfast_retries_total{reason=\"rate_limited\"}", retries -> retries == 1);
        await("holdfast_generations_total{outcome=\"retried\"}", retried -> retried == before + 1);
    }

    @Test
    void an_attempt_whose_worker_goes_away_is_counted_by_whoever_takes_it_over() {
        app.jdbc()
                .sql("select ops.pause_agent('gpt')::text")
                .query(String.class)
                .single();
        var before = scrape();
        runsOnAWorkerThatWentAway(ask(), 1);
        await(
                "holdfast_retries_total{reason=\"worker_lost\"}",
                retries -> retries == value("holdfast_retries_total{reason=\"worker_lost\"}", before) + 1);
        assertThat(since(before, "holdfast_generations_total{agent=\"gpt\",outcome=\"retried\"}"))
                .isEqualTo(1);
        runsOnAWorkerThatWentAway(ask(), 3);
        var failed = "holdfast_generations_total{agent=\"gpt\",outcome=\"failed\"}";
        await(failed, ended -> ended == value(failed, before) + 1);
        assertThat(since(before, "holdfast_retries_total{reason=\"worker_lost\"}"))
                .isEqualTo(1);
        app.jdbc()
                .sql("update chat.generation set state = 'cancelled' where state = 'failed'")
                .update();
    }

    private static void runsOnAWorkerThatWentAway(long generation, int attempt) {
        app.jdbc().sql("""
                update chat.generation set state = 'running', attempt = ?, fence = fence + 1, claimed_at = now() - interval '1 minute',
                  lease_until = now() - interval '1 second', worker_id = chat.register_worker('elsewhere', 1)
                where id = ? and state = 'queued'
                """).params(attempt, generation).update();
    }

    @Test
    void a_lease_that_another_worker_let_expire_and_a_write_after_the_fence_are_counted() {
        app.jdbc()
                .sql("select ops.pause_agent('gpt')::text")
                .query(String.class)
                .single();
        var before = value("holdfast_leases_expired_total");
        runsOnAWorkerThatWentAway(ask(), 1);
        models.on("test-model", Script.says("word ".repeat(100)).pace(20));
        await("holdfast_leases_expired_total", expired -> expired == before + 1);
        app.jdbc().sql("update chat.agent set paused = false").update();
        await("holdfast_slots{state=\"busy\"}", busy -> busy == 1);
        // without the notification that would make the worker drop it first
        app.jdbc().sql("""
                do $$
                begin
                  set local session_replication_role = replica;
                  update chat.generation set fence = fence + 1 where state = 'running';
                end $$
                """).update();
        await("holdfast_fenced_writes_total", fenced -> fenced >= 1);
    }

    @Test
    void browsers_their_lag_and_the_listener_that_is_cut_are_seen() throws Exception {
        var room = UUID.fromString(channel);
        var before = value("holdfast_feed_clients");
        try (var browser = new SimulatedBrowser(URI.create("http://127.0.0.1:" + app.port()))
                .signIn("ada", WebApp.PASSWORD)
                .goOnline()) {
            await("holdfast_feed_clients", clients -> clients == before + 1);
            var heard = value("holdfast_feed_lag_seconds_count");
            for (var n = 1; n <= 2; n++) { // one that a poll finds before its notification comes does not count
                var message = browser.post(room, "hello everybody");
                browser.await(
                        Duration.ofSeconds(30), store -> store.messages(room).containsKey(message));
            }
            await("holdfast_feed_lag_seconds_count", events -> events > heard);
            var resyncs = value("holdfast_feed_resyncs_total");
            var reconnects = value("holdfast_listener_reconnects_total");
            app.jdbc().sql("""
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'holdfast listener' and datname = current_database()
                    """).query(Boolean.class).list();
            await("holdfast_listener_reconnects_total", now -> now == reconnects + 1);
            await("holdfast_feed_resyncs_total", now -> now > resyncs);
            await("holdfast_listener_connected", connected -> connected == 1);
        }
        await("holdfast_feed_clients", clients -> clients == before);
    }

    @Test
    void a_database_that_can_be_read_and_takes_no_writes_is_seen_though_nothing_waits() {
        var age = "holdfast_heartbeat_age_seconds";
        await(age, seconds -> seconds > 0 && seconds < 3);
        readOnly("on");
        try {
            await(age, seconds -> seconds > 4);
            assertThat(value("holdfast_agents")).as("it is read").isPositive();
        } finally {
            readOnly("off");
            // none of the connections that were cut is left for the next test to find
            app.beans(HikariDataSource.class)
                    .forEach(pool -> pool.getHikariPoolMXBean().softEvictConnections());
        }
        await(age, seconds -> seconds < 3);
    }

    /** From another database, as nothing can be altered in one that is read-only. */
    private static void readOnly(String value) {
        var ours = app.database();
        var server = new TestDatabase(ours.host(), ours.port(), "postgres", ours.user(), ours.password()).jdbc();
        server.sql("alter database " + ours.name() + " set default_transaction_read_only = " + value)
                .update();
        server.sql(
                        "select pg_terminate_backend(pid) from pg_stat_activity where datname = ? and application_name <> 'holdfast listener'")
                .param(ours.name())
                .query(Boolean.class)
                .list();
    }

    @Test
    void a_session_that_listens_and_sits_in_a_transaction_fills_the_notification_queue() throws SQLException {
        try (var sitting = app.database().dataSource().getConnection();
                var statement = sitting.createStatement()) {
            statement.execute("listen nobody");
            sitting.setAutoCommit(false);
            statement.execute("select 1");
            app.jdbc()
                    .sql("select count(pg_notify('nobody', repeat('y', 7900) || n)) from generate_series(1, 2000) n")
                    .query(Integer.class)
                    .single();
            await("holdfast_notify_queue_usage", usage -> usage > 0);
            sitting.rollback();
        }
    }

    @Test
    void a_transaction_that_somebody_leaves_open_is_seen_until_it_ends() throws SQLException {
        var age = "holdfast_oldest_transaction_age_seconds";
        try (var forgotten = app.database().dataSource().getConnection();
                var statement = forgotten.createStatement()) {
            forgotten.setAutoCommit(false);
            statement.execute("select pg_current_xact_id()::text");
            await(age, seconds -> seconds > 3 && seconds < 60);
            forgotten.rollback();
            await(age, seconds -> seconds < 3);
        }
    }

    @Test
    void names_descriptions_and_labels_can_be_trusted() {
        a_reply_of_its_own();
        var scrape = scrape();
        var ours = scrape.lines().filter(line -> line.startsWith("holdfast_")).toList();
        assertThat(ours).isNotEmpty().allSatisfy(line -> {
            assertThat(line).doesNotContain("_total_total", "_seconds_seconds", "_bytes_bytes");
            assertThat(Pattern.compile(ID).matcher(line).find()).as(line).isFalse();
            assertThat(Pattern.compile("(\\w+)=\"").matcher(line).results().map(label -> label.group(1)))
                    .isSubsetOf("agent", "state", "outcome", "direction", "reason", "le");
        });
        var families = scrape.lines()
                .filter(line -> line.startsWith("# TYPE holdfast_"))
                .map(line -> line.split(" ")[2])
                .toList();
        assertThat(families).allSatisfy(family -> assertThat(scrape).containsPattern("# HELP " + family + " .{10,}"));
    }

    private static void a_reply_of_its_own() {
        models.on("test-model", Script.says("Yes."));
        var before = value("holdfast_generations_total{outcome=\"completed\"}");
        ask();
        await("holdfast_generations_total{outcome=\"completed\"}", ended -> ended > before);
    }

    /** @return the generation's id */
    private static long ask() {
        app.administrator().write(channel, "@gpt hello").mustBe(201);
        return app.jdbc()
                .sql("select max(id) from chat.generation")
                .query(Long.class)
                .single();
    }

    private static void await(String metric, DoublePredicate reached) {
        var until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!reached.test(value(metric))) {
            if (System.nanoTime() > until)
                throw new AssertionError(metric + " is " + value(metric) + " after a minute");
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double value(String metric) {
        return value(metric, scrape());
    }

    private static double since(String before, String metric) {
        return value(metric) - value(metric, before);
    }

    /** Of all series that have these labels the sum; 0 when there is none. */
    private static double value(String metric, String scrape) {
        var name = metric.split("\\{")[0];
        var labels = metric.equals(name)
                ? List.<String>of()
                : List.of(
                        metric.substring(name.length() + 1, metric.length() - 1).split(","));
        return scrape.lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .filter(line -> labels.stream().allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static String scrape() {
        return management.get("/actuator/prometheus").mustBe(200).body();
    }
}
