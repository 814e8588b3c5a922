package dev.holdfast.system.faults;

import static dev.holdfast.system.faults.Installation.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.Served;
import dev.holdfast.testing.SimulatedBrowser;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What only real processes show: frozen, drained, cut off, restarted, restored. One web process and two workers. */
class FaultsTest {

    private static final Duration SOON = Duration.ofSeconds(90); // patience with a busy machine, no claim
    private static Installation installation;
    private static HoldfastProcess web;
    private static List<HoldfastProcess> workers;
    private static UUID room;
    private static SimulatedBrowser browser;

    /** All at once on an empty database: one migrates, the others wait. */
    @BeforeAll
    static void start() {
        installation = new Installation();
        web = installation.process("web", "web");
        workers = List.of(installation.process("worker-a", "worker"), installation.process("worker-b", "worker"));
        workers.forEach(worker -> worker.with("HOLDFAST_DRAIN_TIMEOUT", "4s"));
        Installation.startAll(web, workers.get(0), workers.get(1));
        installation.people(2).patientAgents();
        room = installation.channelId("room-1");
        browser = installation.browser(1, web).goOnline();
    }

    @AfterAll
    static void end() {
        browser.close();
        installation.close();
    }

    @BeforeEach
    void everybodyIsThere() {
        for (var worker : workers) if (!worker.alive()) worker.start();
        await(SOON, () -> web.healthy(), () -> web.lastLines(20));
    }

    @Test
    void a_frozen_worker_writes_nothing_after_its_lease() {
        // so long that none of them ends in the moment of the freezing, on a busy machine either
        var replies = installation.askAll(12, "[[numbered=yes words=500 pace=40 kind=mixed]]");
        installation.awaitAll(SOON, replies, "m.status in ('streaming', 'complete')");
        var frozen = holderOfMost(replies);
        var other = workers.get(1 - workers.indexOf(frozen));
        frozen.freeze();
        var held = replies.stream().filter(reply -> holds(frozen, reply)).toList();
        try {
            assertThat(held).isNotEmpty();
            installation.awaitAll(
                    SOON,
                    held,
                    "g.attempt = 2 and m.status in ('streaming', 'complete') and g.worker_id in (%s)"
                            .formatted(installation.workerIds(other)));
        } finally {
            frozen.thaw();
        }
        installation.awaitAll(Duration.ofSeconds(60), replies, "g.state = 'completed'");
        // it lets go of its models, whatever they had still said to it
        await(
                SOON,
                () -> installation.models.served().stream().noneMatch(one -> one.end() == Served.End.RUNNING),
                () -> frozen.lastLines(20));
        replies.forEach(FaultsTest::isWhatWasSaid);
        assertThat(installation.count(held, "g.worker_id in (%s)".formatted(installation.workerIds(other))))
                .isEqualTo(held.size());
        assertThat(installation.leftOver().values()).allMatch(count -> count.equals(0L));
    }

    @Test
    void a_worker_told_to_end_finishes_what_it_can_and_hands_back_the_rest_uncounted() {
        var ending = workers.get(0);
        var staying = workers.get(1);
        staying.terminate().awaitExit(SOON);
        var brief = installation.askAll(3, "[[numbered=yes words=30 pace=15]]");
        var lengthy = installation.askAll(3, "[[numbered=yes words=250 fault=stall after=20 times=3]]");
        installation.awaitAll(SOON, brief, "m.status in ('streaming', 'complete')");
        installation.awaitAll(SOON, lengthy, "m.status in ('streaming', 'complete')");
        ending.terminate();
        await(
                SOON,
                () -> installation
                                        .jdbc()
                                        .sql("select count(*) from chat.worker where draining and id in ("
                                                + installation.workerIds(ending) + ")")
                                        .query(Integer.class)
                                        .single()
                                == 1
                        || !ending.alive(),
                () -> ending.lastLines(20));
        var later = installation.ask("ada", "[[numbered=yes words=5]]");
        assertThat(ending.awaitExit(Duration.ofSeconds(24)))
                .as("exit of a clean end")
                .isZero();
        assertThat(installation.count(brief, "g.state = 'completed' and g.attempt = 1"))
                .isEqualTo(3);
        assertThat(installation.count(lengthy, "g.state = 'queued' and g.attempt = 0 and m.content <> ''"))
                .isEqualTo(3);
        assertThat(installation.reply(later).state()).isEqualTo("queued");
        staying.start();
        installation.awaitAll(SOON, List.of(later), "g.state = 'completed'");
        installation.awaitAll(Duration.ofSeconds(60), lengthy, "g.state = 'completed' and g.attempt = 1");
        brief.forEach(FaultsTest::isWhatWasSaid);
        lengthy.forEach(FaultsTest::isWhatWasSaid);
    }

    @Test
    void a_crash_of_postgres_loses_no_acknowledged_message_and_no_character_of_a_reply() throws InterruptedException {
        var replies = installation.askAll(12, "[[numbered=yes words=250 pace=40 kind=mixed]]");
        installation.awaitAll(SOON, replies, "m.status in ('streaming', 'complete')");
        var acknowledged = Collections.synchronizedList(new ArrayList<UUID>());
        var writing = Thread.ofVirtual().start(() -> {
            while (!Thread.currentThread().isInterrupted()) postQuietly(acknowledged);
        });
        await(SOON, () -> acknowledged.size() >= 20, () -> acknowledged.size() + " acknowledged");
        var crashed = System.nanoTime();
        installation.postgres.crashAndRestart();
        var restarted = System.nanoTime();
        await(
                Duration.ofSeconds(10),
                () -> web.healthy() && post(UUID.randomUUID(), "after the restart") / 100 == 2,
                () -> web.printThreads().lastLines(30));
        System.out.printf(
                "PostgreSQL crashed: healthy again %.1f s after it was back%n", (System.nanoTime() - restarted) / 1e9);
        installation.awaitAll(Duration.ofSeconds(60), replies, "g.state = 'completed'");
        writing.interrupt();
        writing.join();
        // a database that was away for longer than a lease cannot know who still lives
        if (Duration.ofNanos(restarted - crashed).compareTo(Installation.LEASE.minusSeconds(2)) < 0) {
            assertThat(installation.count(replies, "g.attempt = 1"))
                    .as("replies that went on from memory")
                    .isEqualTo(replies.size());
        } else System.out.println("The restart took longer than a lease: not looked at who went on from memory");
        replies.forEach(FaultsTest::isWhatWasSaid);
        var present = installation
                .jdbc()
                .sql("select id from chat.message")
                .query(UUID.class)
                .set();
        assertThat(present).as("acknowledged messages").containsAll(List.copyOf(acknowledged));
        browserIsCurrent();
    }

    @Test
    void a_lost_listen_connection_is_replaced_and_what_was_missed_is_read() throws TimeoutException {
        var reconnects = web.metric("holdfast_listener_reconnects_total");
        var ended = installation.jdbc().sql("""
                select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
                where application_name = 'holdfast listener'""").query(Integer.class).single();
        assertThat(ended).as("LISTEN connections").isGreaterThanOrEqualTo(1);
        var message = installation
                .jdbc()
                .sql("select chat.post('room-1', 'person-2', 'while nobody listened')")
                .query(UUID.class)
                .single();
        browser.await(Duration.ofSeconds(5), store -> store.messages(room).containsKey(message));
        await(
                SOON,
                () -> web.metric("holdfast_listener_reconnects_total") > reconnects
                        && web.metric("holdfast_listener_connected") == 1,
                () -> web.lastLines(20));
    }

    @Test
    void a_job_that_always_ends_its_worker_is_set_aside_after_three_attempts() {
        var reply = installation.ask("ada", "[[numbered=yes words=2000 pace=20]]");
        for (var attempt = 1; attempt <= 3; attempt++) {
            installation.awaitAll(SOON, List.of(reply), "m.status = 'streaming' and g.attempt = " + attempt);
            var killed = workers.stream()
                    .filter(worker -> holds(worker, reply))
                    .findAny()
                    .orElseThrow();
            killed.kill();
            if (attempt < 3) killed.launch();
        }
        installation.awaitAll(
                SOON,
                List.of(reply),
                "g.state = 'failed' and m.status = 'failed' and g.error <> '' and m.content <> ''");
        assertThat(installation.models.served().stream()
                        .filter(one -> one.asked.contains("words=2000"))
                        .count())
                .isEqualTo(3);
        assertThat(installation.leftOver().values()).allMatch(count -> count.equals(0L));
    }

    @Test
    void a_read_only_database_is_read_and_writes_are_told_to_come_again() {
        var replies = installation.askAll(3, "[[numbered=yes words=100 pace=25]]");
        installation.awaitAll(SOON, replies, "m.status in ('streaming', 'complete')");
        var id = UUID.randomUUID();
        readOnly(true);
        try {
            await(SOON, () -> post(id, "kept in the outbox") == 503, () -> "a write answered something else than 503");
            assertThat(browser.get("/api/channels/" + room + "/changes?after=0").statusCode())
                    .isEqualTo(200);
            assertThat(browser.get("/api/channels").statusCode()).isEqualTo(200);
            assertThat(browser.get("/api/channels/" + room + "/messages").statusCode())
                    .isEqualTo(200);
            assertThat(browser.get("/api/me").statusCode()).isEqualTo(200);
            assertThat(new SimulatedBrowser(web.uri()).get("/api/me").statusCode())
                    .as("a stranger")
                    .isIn(200, 401);
        } finally {
            readOnly(false);
        }
        await(SOON, () -> post(id, "kept in the outbox") / 100 == 2, () -> web.lastLines(20));
        installation.awaitAll(SOON, replies, "g.state = 'completed'");
        replies.forEach(FaultsTest::isWhatWasSaid);
    }

    @Test
    void a_restored_backup_is_what_browsers_show_and_its_interrupted_replies_resume() {
        var interrupted = installation.askAll(3, "[[numbered=yes words=100 pace=20]]");
        installation.awaitAll(SOON, interrupted, "m.status in ('streaming', 'complete')");
        var backup = installation.postgres.backUp();
        await(SOON, () -> post(UUID.randomUUID(), "lost with the restored backup") / 100 == 2, () -> web.lastLines(20));
        var forgotten = new ArrayList<UUID>();
        for (var n = 0; n < 5; n++) postQuietly(forgotten);
        installation.awaitAll(SOON, interrupted, "g.state = 'completed'");
        browserIsCurrent();
        installation.postgres.restore(backup);
        installation.awaitAll(Duration.ofSeconds(40), interrupted, "g.state = 'completed'");
        interrupted.forEach(FaultsTest::isWhatWasSaid);
        browserIsCurrent();
        assertThat(browser.messages(room)).doesNotContainKeys(forgotten.toArray(UUID[]::new));
    }

    private static HoldfastProcess holderOfMost(List<UUID> replies) {
        return workers.stream()
                .max(java.util.Comparator.comparing(worker ->
                        replies.stream().filter(reply -> holds(worker, reply)).count()))
                .orElseThrow();
    }

    private static boolean holds(HoldfastProcess worker, UUID reply) {
        return installation.count(
                        List.of(reply),
                        "g.state = 'running' and g.worker_id in (" + installation.workerIds(worker) + ")")
                == 1;
    }

    private static void isWhatWasSaid(UUID id) {
        var reply = installation.reply(id);
        var said = installation.winner(reply.content());
        assertThat(said.end()).as(reply.toString()).isEqualTo(Served.End.COMPLETED);
        assertThat(reply.content()).isEqualTo(said.text());
    }

    /** @return the status; 0: no answer */
    private static int post(UUID id, String content) {
        try {
            return browser.post(room, id, content).statusCode();
        } catch (UncheckedIOException e) {
            return 0;
        }
    }

    private static void postQuietly(List<UUID> acknowledged) {
        var id = UUID.randomUUID();
        if (post(id, "message " + id) / 100 == 2) acknowledged.add(id);
    }

    private static void readOnly(boolean on) {
        try (var connection = installation.database.dataSource().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("set default_transaction_read_only = off");
            statement.execute(
                    on
                            ? "alter system set default_transaction_read_only = on"
                            : "alter system reset default_transaction_read_only");
            statement.execute("select pg_reload_conf()");
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The browser holds what the database holds, at the latest after the next heads. */
    private static void browserIsCurrent() {
        await(
                Duration.ofSeconds(25),
                () -> browser.shown(room).equals(truth()),
                () -> "the browser holds " + differences());
    }

    private static Map<UUID, String> truth() {
        var truth = new java.util.TreeMap<UUID, String>();
        installation
                .jdbc()
                .sql("select id, status || '|' || content as shown from chat.message where channel_id = ?")
                .param(room)
                .query()
                .listOfRows()
                .forEach(row -> truth.put((UUID) row.get("id"), (String) row.get("shown")));
        return truth;
    }

    private static String differences() {
        var truth = truth();
        var shown = browser.shown(room);
        var ids = new java.util.TreeSet<>(truth.keySet());
        ids.addAll(shown.keySet());
        return ids.stream()
                .filter(id -> !java.util.Objects.equals(truth.get(id), shown.get(id)))
                .map(id -> id + ": " + shown.get(id) + " instead of " + truth.get(id))
                .reduce("", (a, b) -> a + "\n" + b);
    }
}
