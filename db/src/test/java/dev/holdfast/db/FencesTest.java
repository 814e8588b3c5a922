package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A worker that lost its lease writes nothing, however late it wakes. */
@Order(1)
class FencesTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker zombie = chat.worker("zombie");
    private final Worker other = chat.worker("other");

    @Test
    void every_writer_function_is_fenced_after_a_reclaim() {
        Worker.Claim stale = chat.claimed(zombie);
        zombie.append(stale, null, 0, "stale ");
        zombie.outliveLease(stale);
        assertThat(other.reap()).containsExactly("requeued");
        assertWritesNothing(stale);
        Worker.Claim fresh = other.claimOne();
        assertThat(fresh.fence()).isGreaterThan(stale.fence());
        assertWritesNothing(stale);
        assertThat(other.append(fresh, null, 0, "fresh")).isEqualTo("written");
        assertWritesNothing(stale);
        assertThat(other.complete(fresh, "fresh")).isEqualTo("held");
        assertWritesNothing(stale);
        assertThat(chat.content(fresh.message())).isEqualTo("fresh");
    }

    @Test
    void every_writer_function_is_fenced_after_a_cancel_and_after_a_retry() {
        Worker.Claim stale = chat.claimed(zombie);
        zombie.append(stale, null, 0, "so far");
        chat.one(String.class, "select chat.stop(?, ?)::text", stale.message(), chat.account("tom"));
        assertWritesNothing(stale);
        assertThat(chat.content(stale.message())).isEqualTo("so far");
        chat.one(String.class, "select chat.retry(?::uuid, ?::uuid)::text", stale.message(), chat.account("tom"));
        assertWritesNothing(stale);
        assertThat(chat.content(stale.message())).isEqualTo("so far");
    }

    @Test
    void a_fence_of_another_worker_or_of_the_future_opens_nothing() {
        Worker.Claim claim = chat.claimed(zombie);
        assertThat(other.append(claim, null, 0, "stolen")).isEqualTo("fenced");
        assertThat(other.complete(claim, "stolen")).isEqualTo("fenced");
        assertThat(other.giveUp(claim)).isEqualTo("fenced");
        assertThat(other.release(claim, "stolen")).isZero();
        assertThat(other.heartbeat(claim)).containsExactly(claim.generation());
        assertThat(zombie.complete(claim.withFence(claim.fence() + 1), "early")).isEqualTo("fenced");
        assertThat(chat.state(claim.message())).isEqualTo("running");
    }

    @Test
    void a_worker_that_sleeps_past_its_lease_and_is_not_missed_goes_on() {
        Worker.Claim claim = chat.claimed(zombie);
        zombie.outliveLease(claim);
        assertThat(zombie.heartbeat(claim)).isEmpty();
        assertThat(other.reap()).isEmpty();
        assertThat(zombie.complete(claim, "late but ours")).isEqualTo("held");
    }

    @Test
    @Tag("slow")
    void many_zombies_write_no_stale_character() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        var random = new Random(seed);
        List<Worker.Claim> stale = new ArrayList<>();
        for (int round = 0; round < Integer.getInteger("zombies", 300); round++) {
            Worker.Claim claim = chat.claimed(zombie);
            if (random.nextBoolean()) {
                zombie.stream(claim);
                zombie.append(claim, null, 0, "zombie ");
            }
            loseIt(random.nextInt(5), claim);
            stale.add(claim);
            Worker.Claim woken = stale.get(random.nextInt(stale.size()));
            wake(random.nextInt(7), woken);
            finish(random, claim);
            wake(random.nextInt(7), claim);
        }
        assertThat(chat.jdbc
                        .sql(
                                "select content from chat.message where content like '%STALE%' union all select text from chat.chunk")
                        .query(String.class)
                        .list())
                .isEmpty();
        assertThat(chat.jdbc
                        .sql(
                                "select distinct content from chat.message m join chat.generation g on g.message_id = m.id where state = 'completed'")
                        .query(String.class)
                        .list())
                .containsExactly("fresh");
    }

    private void loseIt(int how, Worker.Claim claim) {
        switch (how) {
            case 0 -> chat.one(Boolean.class, "select chat.cancel(?)", claim.generation());
            case 1 -> zombie.fail(claim, "cut", "0 seconds", null, true);
            case 2 -> zombie.release(claim, null);
            default -> {
                zombie.outliveLease(claim);
                other.reap();
            }
        }
    }

    /** Another worker takes what there is to take and writes over it. */
    private void finish(Random random, Worker.Claim lost) {
        if (chat.state(lost.message()).equals("cancelled") && random.nextBoolean()) {
            chat.one(String.class, "select chat.retry(?::uuid, ?::uuid)::text", lost.message(), chat.account("mira"));
        }
        for (Worker.Claim claim : other.claim(1)) {
            other.append(claim, null, 0, "fre");
            wake(random.nextInt(7), lost);
            other.complete(claim, "fresh");
        }
    }

    private void wake(int what, Worker.Claim stale) {
        switch (what) {
            case 0 -> assertThat(zombie.append(stale, null, 0, "STALE")).isEqualTo("fenced");
            case 1 -> assertThat(zombie.append(stale, 0, 7, "STALE")).isEqualTo("fenced");
            case 2 -> assertThat(zombie.complete(stale, "STALE")).isEqualTo("fenced");
            case 3 ->
                assertThat(zombie.fail(stale, "STALE", "0 seconds", "STALE", true))
                        .isEqualTo("fenced");
            case 4 -> assertThat(zombie.release(stale, "STALE")).isZero();
            case 5 -> assertThat(zombie.stream(stale)).isEqualTo("fenced");
            default -> assertThat(zombie.heartbeat(stale)).containsExactly(stale.generation());
        }
    }

    private void assertWritesNothing(Worker.Claim stale) {
        for (int what = 0; what < 7; what++) {
            wake(what, stale);
        }
        assertThat(zombie.think(stale)).isEqualTo("fenced");
        assertThat(chat.jdbc
                        .sql("select chat.set_context(?, ?, '{}')")
                        .params(stale.generation(), stale.fence())
                        .query(Boolean.class)
                        .list())
                .containsExactly((Boolean) null);
        assertThat(chat.count("chat.message where content like '%STALE%'")
                        + chat.count("chat.chunk where text like '%STALE%'"))
                .isZero();
    }
}
