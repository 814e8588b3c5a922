package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Fault;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.SimulatedBrowser;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A reply that is stuck for real is found by one select and mended by one statement in psql; open browsers show it at once. */
@ResourceLock(Running.SHARED)
class RepairTest {

    private static final Set<String> RUNNING = Set.of("thinking", "streaming", "complete");

    private final Running running = Running.shared();
    private final SimulatedBrowser browser = running.browser();
    private final Psql psql = new Psql(running.database);
    /** 2 s on a machine that has time; on one that others keep busy as many times more as a plain mention takes there. */
    private Duration atOnce;

    @BeforeEach
    void nothingIsStuck() throws TimeoutException {
        running.models.on(
                "ada-model",
                Script.says("It is all right again, and so on and on.").pace(20));
        running.cancelAll();
        var asked = System.nanoTime();
        var reply = running.ask("mira", "@ada hello");
        await(reply, RUNNING, Duration.ofSeconds(30));
        var plain = (System.nanoTime() - asked) / 1_000_000;
        await(reply, Set.of("complete"), Duration.ofSeconds(30));
        atOnce = Duration.ofMillis(2000 * Math.clamp(plain / 250, 1, 8));
        System.out.println("A plain mention is shown running after " + plain + " ms; at once is within " + atOnce);
    }

    @AfterEach
    void leave() {
        browser.close();
    }

    @Test
    void its_worker_is_frozen_with_a_lease_that_lasts() throws TimeoutException {
        running.models.on("ada-model", Script.says("word ".repeat(400)).pace(10));
        var reply = running.ask("mira", "@ada hello");
        await(reply, Set.of("streaming"), Duration.ofSeconds(30));
        var frozen = running.workerOf(reply);
        frozen.freeze();
        try {
            // as if the lease were an hour, so that no other worker takes over by itself, and a minute had passed
            running.jdbc().sql("""
                    update chat.generation
                    set lease_until = now() + interval '1 hour', claimed_at = now() - interval '61 seconds',
                      first_token_at = now() - interval '61 seconds', progress_at = now() - interval '61 seconds'
                    where message_id = ?
                    """).param(reply).update();
            awaitStuck("no new text%");
            running.models.on("ada-model", Script.says("It is all right again.").pace(20));
            mend("select (ops.retry(id)).outcome from ops.stuck", "queued");
            await(reply, RUNNING, atOnce);
            await(reply, Set.of("complete"), Duration.ofSeconds(30));
        } finally {
            frozen.thaw();
        }
    }

    @Test
    void its_agent_is_paused() throws TimeoutException {
        psql.run("select ops.pause_agent('ada')");
        var reply = running.ask("mira", "@ada hello");
        running.jdbc()
                .sql("update chat.generation set queued_at = now() - interval '61 seconds' where message_id = ?")
                .param(reply)
                .update();
        awaitStuck("its agent is paused%");
        await(reply, Set.of("queued"), atOnce);
        mend("select (ops.resume_agent(agent)).outcome from ops.queue where paused", "resumed");
        await(reply, RUNNING, atOnce);
    }

    @Test
    void its_model_refuses() throws TimeoutException {
        running.models.on("ada-model", Script.fails(Fault.BAD_KEY));
        var reply = running.ask("mira", "@ada hello");
        await(reply, Set.of("failed"), Duration.ofSeconds(30));
        awaitStuck("failed at the first attempt");
        running.models.on(
                "ada-model",
                Script.says("It is all right again, and so on and on.").pace(20));
        mend("select (ops.retry(id)).outcome from ops.stuck", "queued");
        await(reply, RUNNING, atOnce);
    }

    @Test
    void three_hundred_failed_replies_are_retried_at_once_and_fresh_mentions_dont_wait_for_them()
            throws TimeoutException {
        running.models.on("ada-model", Script.fails(Fault.BAD_KEY));
        running.jdbc().sql("""
                insert into chat.message (channel_id, author_id, content)
                select c.id, a.id, '@ada number ' || n
                from chat.channel c, chat.account a, generate_series(1, 300) n
                where c.name = 'room' and a.handle = 'noor'
                """).update();
        await(Duration.ofSeconds(180), () -> count("state = 'failed'") == 300);
        running.models.on(
                "ada-model", Script.says("Done now, at last, in a few words.").pace(10));
        var retried = retryAllFailed();
        System.out.println("300 failed replies retried by one statement in " + retried + " ms");
        var slowest = 0L;
        for (var n = 0; n < 10; n++) {
            // noor has three hundred waiting; a fresh mention of hers doesn't queue behind them either
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
        await(Duration.ofSeconds(180), () -> count("state in ('queued', 'running')") == 0);
        assertThat(count("state = 'failed'")).isZero();
    }

    /** @return the milliseconds that the database took for it */
    private long retryAllFailed() {
        var start = System.nanoTime();
        var outcomes = running.jdbc()
                .sql("select r.outcome from ops.retry_failed('ada', interval '1 day') r")
                .query(String.class)
                .list();
        var millis = (System.nanoTime() - start) / 1_000_000;
        assertThat(outcomes).hasSize(300).containsOnly("queued");
        return millis;
    }

    private int count(String condition) {
        return running.jdbc()
                .sql("select count(*) from chat.generation where " + condition)
                .query(Integer.class)
                .single();
    }

    private void awaitStuck(String reason) throws TimeoutException {
        await(
                Duration.ofSeconds(40),
                () -> psql.run("select id from ops.stuck where reason like '" + reason + "'")
                                .size()
                        == 1);
    }

    private void mend(String statement, String outcome) {
        assertThat(psql.run(statement)).as(statement).containsExactly(outcome);
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
