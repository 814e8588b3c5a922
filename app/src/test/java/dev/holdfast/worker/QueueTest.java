package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.Served;
import dev.holdfast.testing.Served.End;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What workers owe to each other and to those who wait. */
class QueueTest {
    private final TestDatabase database = TestPostgres.create();
    private final ModelServer server = ModelServer.start();
    private final Channel channel = new Channel(database);
    private final List<TestWorker> workers = new ArrayList<>();

    @AfterEach
    void close() {
        workers.forEach(TestWorker::close);
        server.close();
    }

    private TestWorker start(int slots, Duration drainTimeout) {
        var worker = TestWorker.start(database, server, slots, drainTimeout);
        workers.add(worker);
        return worker;
    }

    private TestWorker start() {
        return start(64, Duration.ofSeconds(20));
    }

    @Test
    void an_agents_max_concurrency_holds_across_all_workers() throws Exception {
        channel.agent("ada", "openai", "m");
        channel.set("ada", "max_concurrency = 3");
        server.on("m", Script.says("one two three four five six").pace(20));
        start();
        start();
        var asked = new ArrayList<UUID>();
        for (int i = 0; i < 12; i++) {
            asked.add(channel.ask("@ada " + i));
        }
        long most = 0;
        while (asked.stream()
                .anyMatch(one -> !"completed".equals(channel.reply(one).get("state")))) {
            most = Math.max(
                    most,
                    server.served("m").stream()
                            .filter(one -> one.end() == End.RUNNING)
                            .count());
            Thread.sleep(5);
        }
        assertThat(most).isEqualTo(3);
    }

    @Test
    void whoever_queues_a_hundred_mentions_does_not_keep_the_others_waiting() {
        channel.agent("ada", "openai", "m");
        channel.set("ada", "paused = true");
        channel.person("omar");
        for (int i = 0; i < 100; i++) {
            channel.post("mira", "@ada " + i);
        }
        var asking = channel.post("omar", "@ada one thing");
        channel.set("ada", "paused = false, max_concurrency = 2");
        start();
        channel.await(asking, "completed");
        assertThat(channel.jdbc.sql("""
                        select count(*) from chat.generation
                        where claimed_at < (select claimed_at from chat.generation where asked_by_message = ?)
                        """).param(asking).query(Long.class).single())
                .as("those of mira that came first")
                .isLessThan(12);
    }

    @Test
    void when_a_worker_falls_silent_another_starts_its_reply_again_after_the_lease() {
        channel.agent("ada", "openai", "m");
        server.on("m", Script.says("word ".repeat(2000)).pace(50), Script.says("fresh"));
        TestWorker dying = start();
        var asking = channel.ask("@ada");
        channel.awaitText(asking);
        TestWorker other = start();
        long died = System.nanoTime();
        dying.freeze();
        var reply = channel.await(asking, "completed");
        assertThat(Duration.ofNanos(System.nanoTime() - died)).isLessThan(TestWorker.LEASE.plusSeconds(10));
        assertThat(reply).containsEntry("content", "fresh").containsEntry("attempt", 2);
        assertThat(other.count("holdfast.leases.expired")).isEqualTo(1);
        dying.thaw();
        server.await(
                "that the dead worker made is closed", one -> one.number == 1 && one.end() == End.CLOSED_BY_CLIENT);
        assertThat(channel.reply(asking)).containsEntry("content", "fresh").containsEntry("chunks", 0L);
    }

    @Test
    void a_worker_that_ends_finishes_what_it_can() {
        channel.agent("ada", "openai", "m");
        server.on("m", Script.says("one two three four five six seven").pace(10));
        TestWorker ending = start();
        var asking = channel.ask("@ada");
        channel.awaitText(asking);
        ending.close();
        assertThat(slots(ending, "free")).as("it takes nothing more").isZero();
        assertThat(channel.reply(asking)).containsEntry("state", "completed").containsEntry("attempt", 1);
    }

    @Test
    void a_worker_that_ends_hands_back_the_rest_without_counting_the_attempt() {
        channel.agent("ada", "openai", "m");
        server.on("m", Script.says("word ".repeat(2000)).pace(50), Script.says("fresh"));
        TestWorker ending = start(64, Duration.ofMillis(300));
        var asking = channel.ask("@ada");
        channel.awaitText(asking);
        ending.close();
        var handedBack = channel.reply(asking);
        assertThat(handedBack)
                .containsEntry("state", "queued")
                .containsEntry("attempt", 0)
                .containsEntry("chunks", 0L);
        Served first = server.served("m").getFirst();
        assertThat((String) handedBack.get("content"))
                .startsWith("word word")
                .hasSizeLessThanOrEqualTo(first.text().length());
        server.await("handed back is closed", one -> one == first && one.end() == End.CLOSED_BY_CLIENT);
        assertThat(channel.jdbc
                        .sql("select count(*) from chat.worker")
                        .query(Long.class)
                        .single())
                .isZero();
        start();
        assertThat(channel.await(asking, "completed"))
                .containsEntry("content", "fresh")
                .containsEntry("attempt", 1);
    }

    @Test
    void a_drained_worker_takes_nothing_new_until_it_is_released() {
        channel.agent("ada", "openai", "m");
        var drained = start();
        channel.await(channel.ask("@ada first"), "completed");
        await().until(() -> slots(drained, "free") == 64);
        channel.jdbc.sql("update chat.worker set draining = true").update();
        var waiting = channel.ask("@ada second");
        await().until(() -> slots(drained, "free") == 0);
        assertThat(channel.reply(waiting)).containsEntry("state", "queued");
        channel.jdbc.sql("update chat.worker set draining = false").update();
        channel.await(waiting, "completed");
        await().until(() -> slots(drained, "free") == 64);
    }

    private static double slots(TestWorker worker, String state) {
        return worker.meters.get("holdfast.slots").tag("state", state).gauge().value();
    }

    @Test
    void a_worker_whose_row_vanished_registers_again() {
        channel.agent("ada", "openai", "m");
        start();
        channel.await(channel.ask("@ada first"), "completed");
        channel.jdbc.sql("delete from chat.worker").update();
        channel.await(channel.ask("@ada second"), "completed");
    }

    @Test
    void a_reply_that_fails_on_one_worker_can_be_taken_by_another() {
        channel.agent("ada", "openai", "m");
        server.on("m", Script.fails(Fault.SERVER_ERROR), Script.says("well"));
        start();
        start();
        assertThat(channel.await(channel.ask("@ada"), "completed"))
                .containsEntry("attempt", 2)
                .containsEntry("content", "well");
    }

    @Test
    void all_slots_are_used_and_none_more() {
        channel.agent("ada", "openai", "m");
        server.on("m", Script.fails(Fault.SILENCE));
        var worker = start(5, Duration.ZERO);
        for (int i = 0; i < 9; i++) {
            channel.ask("@ada " + i);
        }
        server.await("that fills the slots", one -> one.number == 5);
        assertThat(slots(worker, "busy")).isEqualTo(5);
        assertThat(slots(worker, "free")).isZero();
        assertThat(channel.jdbc
                        .sql("select count(*) from chat.generation where state = 'running'")
                        .query(Long.class)
                        .single())
                .isEqualTo(5);
    }
}
