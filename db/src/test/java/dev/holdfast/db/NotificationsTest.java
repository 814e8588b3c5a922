package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import com.impossibl.postgres.api.jdbc.PGConnection;
import com.impossibl.postgres.api.jdbc.PGNotificationListener;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is woken by what: once per transaction and payload, and not at all when nothing is to be seen. */
@Timeout(20)
class NotificationsTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private Connection ear;

    @BeforeEach
    void listen() throws SQLException {
        ear = chat.database().dataSource().getConnection();
        ear.unwrap(PGConnection.class).addNotificationListener(new PGNotificationListener() {
            @Override
            public void notification(int processId, String channel, String payload) {
                heard.add((channel + " " + payload).trim());
            }
        });
        try (var statement = ear.createStatement()) {
            for (String channel : List.of(
                    "generation_ready",
                    "generation_changed",
                    "channel_changed",
                    "account_changed",
                    "read_changed",
                    "session_ended",
                    "done")) {
                statement.execute("listen " + channel);
            }
        }
    }

    @AfterEach
    void hangUp() throws SQLException {
        ear.close();
    }

    @Test
    void a_message_wakes_the_readers_of_its_channel_and_a_mention_the_workers() throws Exception {
        assertThat(heardAfter(() -> chat.post("mira", "hello"))).containsExactly(changed("general"));
        assertThat(heardAfter(() -> chat.post("mira", "@ada?")))
                .containsExactlyInAnyOrder(changed("general"), "generation_ready");
        assertThat(heardAfter(() -> chat.run(
                        "insert into chat.message (channel_id, author_id, content) select ?, ?, '@ada' from generate_series(1, 100)",
                        chat.channelId("general"),
                        chat.account("mira"))))
                .containsExactlyInAnyOrder(changed("general"), "generation_ready");
    }

    @Test
    void a_mention_wakes_the_workers_before_the_readers() throws Exception {
        assertThat(heardAfter(() -> chat.post("mira", "@ada?")))
                .startsWith("generation_ready")
                .hasSize(2);
    }

    @Test
    void a_transaction_wakes_once_for_each_channel() throws Exception {
        chat.channel("other");
        assertThat(heardAfter(() -> {
                    try (Connection connection = chat.pool().getConnection();
                            var statement = connection.createStatement()) {
                        connection.setAutoCommit(false);
                        for (int n = 0; n < 5; n++) {
                            statement.execute(
                                    "select chat.post('general', 'mira', 'hello'), chat.post('other', 'mira', 'hello')");
                        }
                        connection.commit();
                    }
                }))
                .containsExactlyInAnyOrder(changed("general"), changed("other"));
    }

    @Test
    void what_is_rolled_back_wakes_nobody() throws Exception {
        assertThat(heardAfter(() -> {
                    try (Connection connection = chat.pool().getConnection();
                            var statement = connection.createStatement()) {
                        connection.setAutoCommit(false);
                        statement.execute("select chat.post('general', 'mira', '@ada')");
                        connection.rollback();
                    }
                }))
                .isEmpty();
    }

    @Test
    void a_flush_of_many_replies_wakes_once_for_each_channel() throws Exception {
        chat.channel("other");
        List<Worker.Claim> claims = new ArrayList<>();
        for (String channel : List.of("general", "general", "other", "general")) {
            chat.postIn(channel, "mira", "@ada?");
        }
        claims.addAll(worker.claim(10));
        assertThat(heardAfter(() -> chat.jdbc
                        .sql(
                                "select * from chat.append_chunks(?, ?::text::uuid[], '{1,1,1,1}', '{null,null,null,null}', '{0,0,0,0}', '{a,b,c,d}')")
                        .params(
                                worker.id(),
                                Chat.array(claims.stream()
                                        .map(Worker.Claim::message)
                                        .toList()))
                        .query()
                        .listOfRows()))
                .containsExactlyInAnyOrder(changed("general"), changed("other"));
    }

    @Test
    void the_way_of_a_reply_wakes_readers_when_they_can_see_something() throws Exception {
        chat.post("mira", "@ada?");
        Worker.Claim[] claim = new Worker.Claim[1];
        assertThat(heardAfter(() -> claim[0] = worker.claimOne())).isEmpty();
        assertThat(heardAfter(() -> worker.heartbeat(claim[0]))).isEmpty();
        assertThat(heardAfter(() -> worker.think(claim[0]))).containsExactly(changed("general"));
        assertThat(heardAfter(() -> worker.think(claim[0]))).isEmpty();
        assertThat(heardAfter(() -> worker.stream(claim[0]))).containsExactly(changed("general"));
        assertThat(heardAfter(() -> worker.append(claim[0], null, 0, "good"))).containsExactly(changed("general"));
        assertThat(heardAfter(() -> worker.complete(claim[0], "good"))).containsExactly(changed("general"));
        assertThat(heardAfter(() -> worker.complete(claim[0], "good"))).isEmpty();
    }

    @Test
    void whoever_runs_a_reply_is_woken_when_it_is_taken_away() throws Exception {
        Worker.Claim claim = chat.claimed(worker);
        assertThat(heardAfter(() -> chat.one(Boolean.class, "select chat.cancel(?)", claim.generation())))
                .containsExactlyInAnyOrder(changed("general"), "generation_changed");
        assertThat(heardAfter(() -> chat.one(String.class, "select outcome from ops.retry(?)", claim.generation())))
                .containsExactlyInAnyOrder(changed("general"), "generation_ready");
        worker.claimOne();
        worker.outliveLease(claim);
        assertThat(heardAfter(worker::reap))
                .containsExactlyInAnyOrder(changed("general"), "generation_ready", "generation_changed");
    }

    @Test
    void a_place_that_becomes_free_at_a_full_agent_wakes_the_workers() throws Exception {
        chat.run("update chat.agent set max_concurrency = 1");
        chat.post("mira", "@ada?");
        Worker.Claim claim = chat.claimed(worker);
        assertThat(heardAfter(() -> worker.complete(claim, "good")))
                .containsExactlyInAnyOrder(changed("general"), "generation_ready");
    }

    @Test
    void memberships_accounts_sessions_and_agents_say_that_they_changed() throws Exception {
        UUID mira = chat.account("mira");
        assertThat(heardAfter(() -> chat.run("delete from chat.membership where account_id = ?", mira)))
                .containsExactly("account_changed " + mira);
        assertThat(heardAfter(() -> chat.run(
                        "insert into chat.membership (channel_id, account_id) values (?, ?)",
                        chat.channelId("general"),
                        mira)))
                .containsExactly("account_changed " + mira);
        assertThat(heardAfter(() -> chat.run("update chat.account set display_name = 'Mira!' where id = ?", mira)))
                .containsExactly("account_changed " + mira);
        chat.run("insert into chat.session values ('p', 's', 0, 0, 0, 0, ?)", mira.toString());
        assertThat(heardAfter(() -> chat.run("delete from chat.session"))).containsExactly("session_ended " + mira);
        assertThat(heardAfter(() -> chat.run("update chat.agent set paused = true")))
                .containsExactly("generation_ready");
        assertThat(chat.one(Long.class, "select version from chat.agent")).isEqualTo(2);
    }

    @Test
    void reading_on_is_no_change_of_the_account_but_another_role_is() throws Exception {
        UUID mira = chat.account("mira");
        UUID general = chat.channelId("general");
        chat.post("mira", "hello");
        Work read = () -> chat.jdbc
                .sql("select chat.mark_read(?, ?, 1)")
                .params(general, mira)
                .query()
                .listOfRows();
        assertThat(heardAfter(read)).containsExactly("read_changed " + mira + " " + general);
        assertThat(heardAfter(read)).isEmpty();
        assertThat(heardAfter(() -> chat.run("update chat.membership set role = 'owner' where account_id = ?", mira)))
                .containsExactly("account_changed " + mira);
    }

    private interface Work {
        void run() throws Exception;
    }

    /** Everything that was notified since the last call; notifications come in the order of their commits. */
    private List<String> heardAfter(Work work) throws Exception {
        drain();
        work.run();
        return drain();
    }

    private List<String> drain() throws Exception {
        chat.jdbc.sql("select pg_notify('done', '')").query().listOfRows();
        return Stream.generate(this::next)
                .takeWhile(notification -> !notification.equals("done"))
                .toList();
    }

    private String next() {
        try {
            String notification = heard.poll(10, TimeUnit.SECONDS);
            assertThat(notification).as("a notification within 10 s").isNotNull();
            return notification;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String changed(String channel) {
        return "channel_changed " + chat.channelId(channel);
    }
}
