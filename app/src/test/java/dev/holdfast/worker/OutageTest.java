package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.db.TestServer;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Texts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The database goes away while replies stream: they go on in memory, and the rows catch up. */
@Order(1)
class OutageTest {
    private final ModelServer server = ModelServer.start();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        server.close();
    }

    /** Replies of different texts, some of which end while the database is away. */
    private Map<UUID, String> ask(Channel channel, int replies, int words, double pace) {
        channel.agent("ada", "openai", "m");
        var asked = new HashMap<UUID, String>();
        for (int i = 0; i < replies; i++) {
            asked.put(
                    channel.ask("@ada [[words=" + (words + 20 * i) + " pace=" + pace + " kind=mixed split=units seed="
                            + i + "]]"),
                    Texts.ofWords(Texts.Kind.MIXED, words + 20 * i, i));
        }
        return asked;
    }

    private static void expectAll(Channel channel, Map<UUID, String> asked) {
        asked.forEach((asking, text) -> {
            var reply = channel.await(asking, "completed");
            assertThat(reply.get("content")).isEqualTo(text);
            assertThat(reply).containsEntry("attempt", 1).containsEntry("chunks", 0L);
        });
    }

    @Test
    void backends_killed_again_and_again_in_mid_flush_cost_no_character_and_no_attempt() throws Exception {
        TestDatabase database = TestPostgres.create();
        var channel = new Channel(database);
        open.add(TestWorker.start(database, server));
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        System.out.println("OutageTest: -Dholdfast.seed=" + seed);
        var random = new Random(seed);
        var asked = ask(channel, 10, 300, 600);
        asked.keySet().forEach(channel::awaitText);
        for (int i = 0; i < 10; i++) {
            TimeUnit.MILLISECONDS.sleep(random.nextInt(300));
            channel.jdbc.sql("""
                            select pg_terminate_backend(pid) from pg_stat_activity
                            where datname = current_database() and pid <> pg_backend_pid() and random() < 0.7
                            """).query().listOfRows();
        }
        expectAll(channel, asked);
    }

    @Test
    void a_crash_of_the_server_loses_nothing_that_the_worker_still_holds() throws Exception {
        TestServer own = TestServer.embedded();
        open.add(() -> own.stop().run());
        TestDatabase database = own.createDatabase("crash");
        new dev.holdfast.db.Migrations(database.dataSource()).migrate();
        var channel = new Channel(database);
        open.add(TestWorker.start(database, server));
        var asked = ask(channel, 10, 300, 600);
        asked.keySet().forEach(channel::awaitText);
        long backend;
        try (var connection = database.dataSource().getConnection();
                var row = connection.createStatement().executeQuery("select pg_backend_pid()")) {
            row.next();
            backend = row.getLong(1);
            // the server takes a killed backend for a crash: it ends all others and recovers from what was flushed
            ProcessHandle.of(backend).orElseThrow().destroyForcibly();
        }
        TimeUnit.MILLISECONDS.sleep(500);
        expectAll(channel, asked);
    }

    @Test
    void an_outage_longer_than_the_lease_costs_no_attempt_when_nobody_else_is_there() throws Exception {
        TestDatabase database = TestPostgres.create();
        var channel = new Channel(database);
        var worker = TestWorker.start(database, server);
        open.add(worker);
        var asked = ask(channel, 4, 300, 100);
        asked.keySet().forEach(channel::awaitText);
        worker.proxy.refuse();
        Thread.sleep(TestWorker.LEASE.plusSeconds(1));
        worker.proxy.restore();
        expectAll(channel, asked);
    }

    @Test
    void a_connection_that_goes_silent_is_given_up_and_the_replies_go_on() throws Exception {
        TestDatabase database = TestPostgres.create();
        var channel = new Channel(database);
        var worker = TestWorker.start(database, server);
        open.add(worker);
        var asked = ask(channel, 2, 400, 100);
        asked.keySet().forEach(channel::awaitText);
        worker.proxy.blackHole();
        Thread.sleep(1000);
        worker.proxy.forget();
        // each connection of the pool that went silent may cost its 10 s, one after the other
        var most = Duration.ofSeconds(90);
        asked.forEach((asking, text) -> assertThat(
                        channel.await(asking, "completed", most).get("content"))
                .isEqualTo(text));
    }
}
