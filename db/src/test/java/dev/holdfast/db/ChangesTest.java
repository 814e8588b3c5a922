package dev.holdfast.db;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What takes a reader from one seq to another, and how much of it comes at once. */
class ChangesTest {

    private final Chat chat = new Chat();
    private UUID channel;

    @BeforeEach
    void open() {
        channel = chat.channelId("general");
    }

    @AfterEach
    void close() {
        chat.close();
    }

    @Test
    void a_long_absence_is_answered_in_batches_that_leave_nothing_out() {
        insert(12_000, "'m'");
        assertThat(batches()).containsExactly(5_000L, 10_000L, 12_000L);
    }

    @Test
    void a_batch_ends_after_2_mb_of_text_and_holds_at_least_one_message() {
        insert(300, "repeat('x', 65536)");
        assertThat(batches()).containsExactly(32L, 64L, 96L, 128L, 160L, 192L, 224L, 256L, 288L, 300L);
    }

    @Test
    void text_of_a_reply_comes_with_the_batch_that_reaches_the_channels_seq() {
        insert(6_000, "'m'");
        Worker worker = chat.worker("test");
        Worker.Claim reply = chat.claimed(worker);
        worker.stream(reply);
        worker.append(reply, null, 0, "so far");
        assertThat(batches()).containsExactly(5_000L, 6_003L);
        assertThat(textsAfter(0)).isZero();
        assertThat(textsAfter(5_000)).isOne();
    }

    @Test
    void a_messages_json_is_planned_once_for_a_connection_though_many_chunks_are_about() throws SQLException {
        Worker worker = chat.worker("test");
        Worker.Claim reply = chat.claimed(worker);
        worker.stream(reply);
        chat.run(
                "insert into chat.chunk (message_id, fence, start_at, text) select ?, ?, n, 'x' from generate_series(0, 9999) n",
                reply.message(),
                reply.fence());
        chat.run("analyze chat.chunk");
        assertThat(twentyTimes(
                        "select chat.changes(?, 0)::text", channel, "%from chat.account a%where a.id = m.author_id%"))
                .containsExactly("40 calls, 1 planned");
    }

    @Test
    void the_channels_of_an_account_are_planned_once_for_a_connection() throws SQLException {
        assertThat(twentyTimes(
                        "select min(c.seq)::text from chat.channels_of(array[?::uuid]) c",
                        chat.account("mira"),
                        "%from chat.membership m%where m.account_id = any(%"))
                .containsExactly("20 calls, 1 planned");
    }

    /** @return how often one connection ran and planned the statements within that are like this */
    private List<String> twentyTimes(String call, UUID parameter, String like) throws SQLException {
        chat.run("create extension pg_stat_statements");
        try (Connection connection = chat.pool().getConnection()) {
            var relay = JdbcClient.create(new SingleConnectionDataSource(connection, true));
            relay.sql("set pg_stat_statements.track = 'all'").update();
            relay.sql("set pg_stat_statements.track_planning = on").update();
            for (int n = 0; n < 20; n++) {
                relay.sql(call).param(parameter).query(String.class).single();
            }
            return relay.sql("""
                    select calls || ' calls, ' || plans || ' planned'
                    from pg_stat_statements s
                    join pg_database d on d.oid = s.dbid and d.datname = current_database()
                    where not toplevel and query like ?
                    """).param(like).query(String.class).list();
        }
    }

    @Test
    void who_tells_what_he_has_seen_learns_that_the_channel_was_put_back_though_it_has_come_further() {
        UUID first = chat.post("mira", "one");
        UUID second = chat.post("mira", "two");
        chat.run("update chat.message set edited_at = now() where id = ?", first);
        assertThat(seqAfter(3, first, second)).isEqualTo(3);
        chat.run("update chat.message set edited_at = now() where id = ?", first);
        assertThat(seqAfter(3, first, second)).as("changed again").isEqualTo(4);

        putBackTo(1);
        for (int n = 0; n < 4; n++) chat.post("mira", "another way");
        assertThat(seqAfter(3)).as("who tells nothing").isEqualTo(5);
        assertThat(seqAfter(3, first)).as("a change is lost").isZero();
        assertThat(seqAfter(2, second)).as("a message is lost").isZero();
        chat.run("update chat.message set edited_at = now() where id = ?", first);
        assertThat(seqAfter(3, first)).as("changed in both").isEqualTo(6);
        assertThat(seqAfter(3, first, second)).as("but not this one").isZero();
    }

    @Test
    void a_message_of_another_channel_was_not_seen_in_this_one() {
        chat.post("mira", "one");
        chat.run("insert into chat.channel (name, kind) values ('elsewhere', 'public')");
        chat.run(
                "insert into chat.membership (channel_id, account_id) select id, ? from chat.channel where name = 'elsewhere'",
                chat.account("mira"));
        assertThat(seqAfter(1, chat.postIn("elsewhere", "mira", "one"))).isZero();
    }

    private int textsAfter(long after) {
        return chat.one(Integer.class, "select json_array_length(chat.changes(?, ?) -> 'text')", channel, after);
    }

    private long seqAfter(long after, UUID... seen) {
        return chat.one(
                Long.class,
                "select (chat.changes(?, ?, ?::text::uuid[]) ->> 'seq')::bigint",
                channel,
                after,
                Stream.of(seen).map(UUID::toString).collect(joining(",", "{", "}")));
    }

    /** As an earlier copy of the database's folder leaves it. */
    private void putBackTo(long seq) {
        chat.run("""
                do $$
                begin
                  set local session_replication_role = replica;
                  delete from chat.message where position > %1$d;
                  update chat.message set seq = position;
                  update chat.channel set seq = %1$d;
                end $$
                """.formatted(seq));
    }

    /** The seqs at which the batches end that bring a reader from 0 to now; together they are every message, once. */
    private ArrayList<Long> batches() {
        var ends = new ArrayList<Long>();
        long messages = 0;
        long head = chat.one(Long.class, "select seq from chat.channel where id = ?", channel);
        for (long after = 0; after < head; after = ends.getLast()) {
            var batch = chat.jdbc
                    .sql(
                            "select c ->> 'seq' as seq, json_array_length(c -> 'messages') as messages from chat.changes(?, ?) c")
                    .params(channel, after)
                    .query()
                    .singleRow();
            messages += (int) batch.get("messages");
            ends.add(Long.valueOf((String) batch.get("seq")));
        }
        assertThat(messages).isEqualTo(chat.count("chat.message"));
        return ends;
    }

    /** Without what happens at an insert, which takes its time for so many. */
    private void insert(int count, String content) {
        chat.run("""
                do $$
                begin
                  set local session_replication_role = replica;
                  insert into chat.message (channel_id, author_id, content, seq, position)
                  select '%1$s', '%2$s', %3$s, n, n from generate_series(1, %4$d) n;
                  update chat.channel set seq = %4$d where id = '%1$s';
                end $$
                """.formatted(channel, chat.account("mira"), content, count));
    }
}
