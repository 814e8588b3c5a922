package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Fault;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.SimulatedBrowser;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A reply that is stuck for real is found by one select and mended by one statement; open browsers show it at once. Part of ops/check. */
@EnabledIfSystemProperty(named = "ops.check", matches = "true", disabledReason = "ops/check runs it")
class RepairTest {

    private static final Set<String> RUNNING = Set.of("thinking", "streaming", "complete");
    /** On a machine that has time; one that others keep busy gets more. */
    private static final Duration AT_ONCE = Duration.ofMillis((long) (2000 * busy()));

    private final Running running = Running.shared();
    private final SimulatedBrowser browser = running.browser();

    @BeforeEach
    void nothingIsStuck() {
        running.models.on(
                "ada-model",
                Script.says("It is all right again, and so on and on.").pace(20));
        running.jdbc()
                .sql("select ops.cancel(id)::text from ops.generations where state in ('queued', 'running')")
                .query(String.class)
                .list();
        running.jdbc()
                .sql("update chat.generation set state = 'cancelled' where state = 'failed'")
                .update();
    }

    @AfterEach
    void leave() {
        browser.close();
    }

    @Test
    void its_only_worker_is_frozen() throws TimeoutException {
        running.models.on("ada-model", Script.says("word ".repeat(400)).pace(10));
        var reply = running.ask("mira", "@ada hello");
        await(reply, Set.of("streaming"), Duration.ofSeconds(20));
        running.worker.freeze();
        try {
            awaitStuck("lease expired%");
            running.models.on("ada-model", Script.says("It is all right again.").pace(20));
            mend("select ops.retry(id)::text from ops.stuck");
            await(reply, Set.of("queued"), AT_ONCE);
        } finally {
            running.worker.thaw();
        }
        await(reply, RUNNING, AT_ONCE.multipliedBy(2)); // its connections have gone stale meanwhile
        await(reply, Set.of("complete"), Duration.ofSeconds(20));
    }

    @Test
    void its_agent_is_paused() throws TimeoutException {
        running.jdbc()
                .sql("select ops.pause_agent('ada')::text")
                .query(String.class)
                .single();
        var reply = running.ask("mira", "@ada hello");
        running.jdbc()
                .sql("update chat.generation set queued_at = now() - interval '61 seconds' where message_id = ?")
                .param(reply)
                .update();
        awaitStuck("its agent is paused%");
        await(reply, Set.of("queued"), AT_ONCE);
        mend("select ops.resume_agent('ada')::text");
        await(reply, RUNNING, AT_ONCE);
    }

    @Test
    void its_model_refuses() throws TimeoutException {
        running.models.on("ada-model", Script.fails(Fault.BAD_KEY));
        var reply = running.ask("mira", "@ada hello");
        await(reply, Set.of("failed"), Duration.ofSeconds(20));
        awaitStuck("failed at the first attempt");
        running.models.on(
                "ada-model",
                Script.says("It is all right again, and so on and on.").pace(20));
        mend("select ops.retry(id)::text from ops.stuck");
        await(reply, RUNNING, AT_ONCE);
    }

    @Test
    void a_thousand_failed_replies_are_retried_at_once_and_fresh_mentions_dont_wait_for_them() throws TimeoutException {
        running.models.on("ada-model", Script.fails(Fault.BAD_KEY));
        running.jdbc().sql("""
                insert into chat.message (channel_id, author_id, content)
                select c.id, a.id, '@ada number ' || n
                from chat.channel c, chat.account a, generate_series(1, 1000) n
                where c.name = 'room' and a.handle = 'noor'
                """).update();
        await(Duration.ofSeconds(60), () -> count("state = 'failed'") == 1000);
        running.models.on(
                "ada-model", Script.says("Done now, at last, in a few words.").pace(40));
        var start = System.nanoTime();
        var retried = running.jdbc()
                .sql("select r.outcome from ops.retry_failed('ada', interval '1 day') r")
                .query(String.class)
                .list();
        var millis = (System.nanoTime() - start) / 1_000_000;
        System.out.println("1,000 failed replies retried by one statement in " + millis + " ms");
        assertThat(retried).hasSize(1000).containsOnly("queued");
        assertThat(millis).as("ms; 1,000 on a machine that has time").isLessThan((long) (1000 * busy()));
        var slowest = 0L;
        for (var n = 0; n < 10; n++) {
            // noor has a thousand waiting; a fresh mention of hers doesn't queue behind them either
            var asked = System.nanoTime();
            var fresh = running.ask(n % 2 == 0 ? "mira" : "noor", "@ada right now " + n);
            await(fresh, Set.of("streaming", "complete"), Duration.ofSeconds(30));
            slowest = Math.max(slowest, (System.nanoTime() - asked) / 1_000_000);
        }
        assertThat(count("state = 'queued' and priority < 0"))
                .as("retried ones that still wait")
                .isPositive();
        System.out.println("The slowest of 10 fresh mentions meanwhile began after " + slowest + " ms");
        running.models.on("ada-model", Script.says("Done."));
        await(Duration.ofSeconds(90), () -> count("state in ('queued', 'running')") == 0);
        assertThat(count("state = 'failed'")).isZero();
    }

    private static double busy() {
        var machine = ManagementFactory.getOperatingSystemMXBean();
        return Math.max(1, 2 * machine.getSystemLoadAverage() / machine.getAvailableProcessors());
    }

    private int count(String condition) {
        return running.jdbc()
                .sql("select count(*) from chat.generation where " + condition)
                .query(Integer.class)
                .single();
    }

    private void awaitStuck(String reason) throws TimeoutException {
        await(
                Duration.ofSeconds(20),
                () -> running.jdbc()
                                .sql("select count(*) from ops.stuck where reason like ?")
                                .param(reason)
                                .query(Integer.class)
                                .single()
                        == 1);
    }

    private void mend(String statement) {
        var outcomes = new ArrayList<>(
                running.jdbc().sql(statement).query(String.class).list());
        assertThat(outcomes).hasSize(1);
    }

    private void await(UUID reply, Set<String> statuses, Duration longest) throws TimeoutException {
        var start = System.nanoTime();
        browser.await(longest, store -> {
            var message = store.messages(running.room).get(reply);
            return message != null && statuses.contains(message.status());
        });
        System.out.println("Shown as " + statuses + " after " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }

    private static void await(Duration longest, java.util.function.BooleanSupplier condition) throws TimeoutException {
        var until = System.nanoTime() + longest.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) throw new TimeoutException("Not within " + longest);
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
