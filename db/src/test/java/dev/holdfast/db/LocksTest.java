package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Somebody's forgotten transaction in psql holds up nothing but its own channel. */
@Timeout(20)
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
    void a_flush_waits_for_nobody_but_the_taker_of_its_own_replies() throws Exception {
        Worker.Claim mine = chat.claimed(worker);
        Worker other = chat.worker("other");
        Worker.Claim theirs = chat.claimed(other);
        CompletableFuture<String> late;
        try (Connection admin = chat.pool().getConnection()) {
            admin.setAutoCommit(false);
            execute(admin, "select chat.cancel(" + mine.generation() + ")");
            assertThat(other.append(theirs, null, 0, "good")).isEqualTo("written");
            late = CompletableFuture.supplyAsync(() -> worker.append(mine, null, 0, "late"));
            awaitLockWaiter();
            admin.commit();
        }
        assertThat(late.get(5, TimeUnit.SECONDS)).isEqualTo("fenced");
    }

    @Test
    void many_that_wait_for_channels_in_any_order_do_not_deadlock() throws Exception {
        List<UUID> replies = new java.util.ArrayList<>();
        for (int n = 0; n < 20; n++) {
            chat.channel("c" + n);
            replies.add(chat.replyTo(chat.postIn("c" + n, "mira", "@ada?"), "ada"));
        }
        List<java.util.concurrent.Callable<Integer>> calls = new java.util.ArrayList<>();
        for (int n = 0; n < 12; n++) {
            List<UUID> shuffled = new java.util.ArrayList<>(replies);
            java.util.Collections.shuffle(shuffled, new java.util.Random(n));
            calls.add(() -> chat.one(
                    Integer.class,
                    "select cardinality(chat.lock_channels_of(?::text::uuid[], true))",
                    Chat.array(shuffled)));
        }
        assertThat(InParallel.all(calls)).containsOnly(20);
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
        while (chat.count(
                        "pg_locks where not granted and locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())")
                == 0) {
            Thread.sleep(5);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
