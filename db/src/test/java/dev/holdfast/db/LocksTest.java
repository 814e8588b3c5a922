package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Somebody's forgotten transaction in psql holds up nothing but its own channel. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // the driver heeds no interrupt
class LocksTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");

    @BeforeEach
    void other() {
        chat.channel("other");
    }

    @Test
    void a_claim_does_not_wait_for_a_channel_that_is_held() throws Exception {
        chat.post("mira", "@ada?");
        holding(
                "select * from chat.channel where name = 'general' for update",
                () -> assertThat(worker.claim(1)).hasSize(1));
    }

    @Test
    void a_claim_looks_behind_generations_that_somebody_holds() throws Exception {
        for (int n = 0; n < 5; n++) {
            chat.post("mira", "@ada?");
        }
        holding("select * from chat.generation order by id limit 4 for update", () -> {
            assertThat(worker.claim(2)).hasSize(1);
            assertThat(worker.claim(2)).isEmpty();
        });
        assertThat(worker.claim(9)).hasSize(4);
    }

    @Test
    void status_and_completion_leave_out_a_channel_that_is_held_and_come_again() throws Exception {
        Worker.Claim held = chat.claimed(worker);
        chat.postIn("other", "mira", "@ada?");
        Worker.Claim free = worker.claimOne();
        holding("update chat.channel set name = 'general' where name = 'general'", () -> {
            assertThat(worker.think(held)).isEqualTo("busy");
            assertThat(worker.stream(held)).isEqualTo("busy");
            assertThat(worker.append(held, null, 0, "good")).isEqualTo("written");
            assertThat(worker.complete(held, "good")).isEqualTo("busy");
            assertThat(worker.think(free)).isEqualTo("held");
            assertThat(worker.complete(free, "free")).isEqualTo("held");
        });
        assertThat(worker.complete(held, "good")).isEqualTo("held");
    }

    @Test
    void a_failure_leaves_a_channel_that_is_held_at_once_and_comes_again() throws Exception {
        Worker.Claim claim = chat.claimed(worker);
        holding(
                "select * from chat.channel where name = 'general' for update",
                () -> assertThatThrownBy(() -> worker.giveUp(claim))
                        .rootCause()
                        .hasMessageContaining("come again")
                        .extracting("SQLState")
                        .isEqualTo("55P03"));
        assertThat(worker.giveUp(claim)).isEqualTo("failed");
    }

    @Test
    void a_reply_that_is_held_itself_is_left_out_too() throws Exception {
        Worker.Claim held = chat.claimed(worker);
        Worker.Claim free = chat.claimed(worker);
        holding("select * from chat.message where id = '" + held.message() + "' for update", () -> {
            assertThat(worker.complete(held, "x")).isEqualTo("busy");
            assertThat(worker.complete(free, "free")).isEqualTo("held");
        });
        assertThat(worker.complete(held, "x")).isEqualTo("held");
    }

    @Test
    void a_reply_whose_generation_somebody_holds_streams_and_ends_later_and_holds_up_no_other() throws Exception {
        Worker.Claim held = chat.claimed(worker);
        chat.postIn("other", "mira", "@ada?");
        Worker.Claim free = worker.claimOne();
        holding("update chat.generation set priority = 1 where id = " + held.generation(), () -> {
            assertThat(worker.stream(held)).isEqualTo("held");
            assertThat(worker.append(held, null, 0, "good")).isEqualTo("written");
            assertThat(worker.complete(held, "good")).isEqualTo("busy");
            assertThat(worker.complete(free, "free")).isEqualTo("held");
            assertThat(worker.release(held, "good")).isZero();
            assertThatThrownBy(() -> worker.giveUp(held))
                    .rootCause()
                    .extracting("SQLState")
                    .isEqualTo("55P03");
        });
        assertThat(completeAfterARefusal(held, "good")).isEqualTo("held");
    }

    @Test
    void a_fold_that_mentions_an_account_whose_handle_somebody_changes_gives_the_channel_back_within_a_second()
            throws Exception {
        Worker.Claim claim = chat.claimed(worker);
        holding("update chat.account set handle = 'mila' where handle = 'mira'", () -> {
            long began = System.nanoTime();
            assertThatThrownBy(() -> worker.complete(claim, "thank you @mira"))
                    .rootCause()
                    .extracting("SQLState")
                    .isEqualTo("55P03");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
        });
        assertThat(completeAfterARefusal(claim, "thank you @mira")).isEqualTo("held");
    }

    @Test
    void reaping_and_heartbeats_pass_by_what_is_held() throws Exception {
        Worker.Claim held = chat.claimed(worker);
        chat.postIn("other", "mira", "@ada?");
        Worker.Claim free = worker.claimOne();
        worker.outliveLease(held);
        worker.outliveLease(free);
        holding(
                "select * from chat.channel where name = 'general' for update",
                () -> assertThat(worker.reap()).containsExactly("requeued"));
        holding("select * from chat.generation where id = " + held.generation() + " for update", () -> {
            assertThat(worker.heartbeat(held)).isEmpty();
            assertThat(worker.reap()).isEmpty();
        });
        assertThat(worker.reap()).containsExactly("requeued");
    }

    @Test
    void readers_wait_for_nobody() throws Exception {
        chat.post("mira", "hello");
        holding("update chat.message set content = 'edited'", () -> {
            UUID channel = chat.channelId("general");
            assertThat(chat.one(String.class, "select chat.changes(?, 0)::text", channel))
                    .contains("hello");
            assertThat(chat.one(String.class, "select chat.history(?, null, 10)::text", channel))
                    .contains("hello");
        });
    }

    @Test
    void a_flush_waits_for_nobody_who_takes_replies_away() throws Exception {
        Worker.Claim taken = chat.claimed(worker);
        Worker.Claim kept = chat.claimed(worker);
        holding("select chat.cancel(" + taken.generation() + ")", () -> {
            assertThat(worker.append(taken, null, 0, "good")).isEqualTo("busy");
            assertThat(worker.append(kept, null, 0, "good")).isEqualTo("written");
        });
        assertThat(worker.append(taken, null, 0, "good")).isEqualTo("written");
        cancel(taken);
        assertThat(worker.append(taken, 0, 4, " morning")).isEqualTo("fenced");
    }

    @Test
    void whoever_takes_a_reply_away_waits_for_a_flush_of_its_worker_and_keeps_its_text() throws Exception {
        Worker.Claim mine = chat.claimed(worker);
        CompletableFuture<Void> cancelling;
        try (Connection flush = chat.pool().getConnection()) {
            flush.setAutoCommit(false);
            execute(
                    flush,
                    "select chat.append_chunks(%d, '{%s}', '{%d}', '{null}', '{0}', '{good}')"
                            .formatted(worker.id(), mine.message(), mine.fence()));
            cancelling = CompletableFuture.runAsync(() -> cancel(mine));
            awaitLockWaiter();
            flush.commit();
        }
        cancelling.get(5, TimeUnit.SECONDS);
        assertThat(chat.one(String.class, "select content from chat.message where id = ?", mine.message()))
                .isEqualTo("good");
    }

    @Test
    void who_is_removed_while_a_post_waits_for_the_channel_posts_nothing() throws Exception {
        UUID channel = chat.channelId("general");
        UUID tom = chat.account("tom");
        chat.run("update chat.membership set role = 'owner' where account_id = ?", chat.account("mira"));
        CompletableFuture<String> posting;
        try (Connection removal = chat.pool().getConnection()) {
            removal.setAutoCommit(false);
            execute(removal, "select chat.remove_member('%s', '%s', 'tom')".formatted(channel, chat.account("mira")));
            posting = CompletableFuture.supplyAsync(() -> Refusals.of(() -> chat.one(
                    Boolean.class,
                    "select created from chat.post_message(gen_random_uuid(), ?, ?, 'still here @ada', null)",
                    channel,
                    tom)));
            awaitLockWaiter();
            removal.commit();
        }
        assertThat(posting.get(5, TimeUnit.SECONDS)).startsWith("HF404 You are in no channel");
        assertThat(chat.count("chat.message")).isZero();
    }

    @Test
    void taking_replies_of_one_worker_away_holds_up_no_other_taker_and_no_fold() throws Exception {
        Worker.Claim held = chat.claimed(worker);
        chat.postIn("other", "mira", "@ada?");
        Worker.Claim expired = worker.claimOne();
        chat.postIn("other", "mira", "@ada?");
        Worker.Claim done = worker.claimOne();
        worker.outliveLease(expired);
        holding("select chat.cancel(" + held.generation() + ")", () -> {
            assertThat(worker.complete(done, "done")).isEqualTo("held");
            assertThat(worker.reap()).containsExactly("requeued");
        });
    }

    @Test
    void what_is_held_is_not_handed_back_and_holds_up_nothing() throws Exception {
        Worker.Claim held = chat.claimed(worker);
        chat.postIn("other", "mira", "@ada?");
        Worker.Claim free = worker.claimOne();
        String release = "select chat.release(%d, '{%s,%s}', '{%d,%d}', '{a,b}')"
                .formatted(worker.id(), held.message(), free.message(), held.fence(), free.fence());
        holding(
                "select * from chat.channel where name = 'general' for update",
                () -> assertThat(chat.one(Integer.class, release)).isEqualTo(1));
        assertThat(chat.one(Integer.class, release)).isEqualTo(1);
    }

    @Test
    void a_worker_whose_row_somebody_holds_renews_its_leases() throws Exception {
        Worker.Claim claim = chat.claimed(worker);
        worker.outliveLease(claim);
        holding("update chat.worker set draining = true", () -> {
            assertThat(worker.heartbeat(claim)).isEmpty();
            assertThat(worker.reap()).isEmpty();
        });
    }

    @Test
    void many_expired_replies_of_a_channel_that_is_held_do_not_hide_the_others() throws Exception {
        for (int n = 0; n < 200; n++) {
            chat.post("mira", "@ada?");
        }
        chat.postIn("other", "mira", "@ada?");
        worker.claim(300);
        chat.run("update chat.generation set lease_until = now() - interval '1 second'");
        for (String channel : List.of("general", "other")) {
            holding(
                    "select * from chat.channel where name = '" + channel + "' for update",
                    () -> assertThat(worker.reap()).isNotEmpty());
        }
    }

    @Test
    void who_waits_for_channels_takes_them_by_their_ids_so_that_nobody_deadlocks() throws Exception {
        List<UUID> replies = new ArrayList<>();
        for (int n = 0; n < 20; n++) {
            chat.channel("c" + n);
            replies.add(chat.replyTo(chat.postIn("c" + n, "mira", "@ada?"), "ada"));
        }
        var middle = "(select id from chat.channel where name like 'c%' order by id offset 10 limit 1)";
        CompletableFuture<Integer> locking;
        try (Connection psql = chat.pool().getConnection()) {
            psql.setAutoCommit(false);
            execute(psql, "select from chat.channel where id = " + middle + " for update");
            locking = CompletableFuture.supplyAsync(() -> chat.one(
                    Integer.class,
                    "select cardinality(chat.lock_channels_of(?::text::uuid[], true))",
                    Chat.array(replies)));
            awaitLockWaiter();
            assertThat(free("name like 'c%' and id < " + middle)).isZero();
            assertThat(free("name like 'c%' and id > " + middle)).isEqualTo(9);
            psql.rollback();
        }
        assertThat(locking.get(5, TimeUnit.SECONDS)).isEqualTo(20);
    }

    private long free(String channels) {
        return chat.count("(select from chat.channel where " + channels + " for no key update skip locked) free");
    }

    /** The server tells of a failure before it gives back what was locked. */
    private String completeAfterARefusal(Worker.Claim claim, String content) {
        String fold;
        do fold = worker.complete(claim, content);
        while (fold.equals("busy"));
        return fold;
    }

    private void cancel(Worker.Claim claim) {
        chat.one(Boolean.class, "select chat.cancel(?)", claim.generation());
    }

    private interface Work {
        void run() throws Exception;
    }

    private void holding(String sql, Work work) throws Exception {
        try (Connection psql = chat.pool().getConnection()) {
            psql.setAutoCommit(false);
            execute(psql, sql);
            work.run();
            psql.rollback();
        }
    }

    private void awaitLockWaiter() throws InterruptedException {
        while (chat.count("pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 0) {
            Thread.sleep(5);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
