package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streaming text: appended, addressed by offset, read from where a reader stands. */
class ChunksTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");

    @Test
    void a_chunk_fits_only_behind_the_last_durable_one() {
        Worker.Claim claim = chat.claimed(worker);
        assertThat(worker.append(claim, 0, 5, "no first")).isEqualTo("gap");
        assertThat(worker.append(claim, null, 0, "good ")).isEqualTo("written");
        assertThat(worker.append(claim, null, 0, "good ")).isEqualTo("gap");
        assertThat(worker.append(claim, 0, 5, "morning")).isEqualTo("written");
        assertThat(worker.append(claim, 0, 5, "morning")).isEqualTo("gap");
        assertThat(worker.append(claim, 5, 5, "not behind it")).isEqualTo("gap");
        assertThat(worker.append(claim, 9, 12, "beyond")).isEqualTo("gap");
        assertThat(read(claim)).isEqualTo("good morning");
    }

    @Test
    void a_flush_writes_what_fits_and_says_what_did_not() {
        Worker.Claim one = chat.claimed(worker);
        Worker.Claim two = chat.claimed(worker);
        Worker.Claim three = chat.claimed(worker);
        chat.one(Boolean.class, "select chat.cancel(?)", three.generation());
        List<Map<String, Object>> notWritten = chat.jdbc
                .sql(
                        "select message_id, reason from chat.append_chunks(?, ?::text::uuid[], ?::text::bigint[], '{null,7,null}', '{0,9,0}', '{a,b,c}')")
                .params(
                        worker.id(),
                        Chat.array(List.of(one.message(), two.message(), three.message())),
                        Chat.array(List.of(one.fence(), two.fence(), three.fence())))
                .query()
                .listOfRows();
        assertThat(notWritten)
                .containsExactlyInAnyOrder(
                        Map.of("message_id", two.message(), "reason", "gap"),
                        Map.of("message_id", three.message(), "reason", "fenced"));
        assertThat(read(one)).isEqualTo("a");
    }

    @Test
    void a_worker_reads_how_far_its_text_is_durable() {
        Worker.Claim claim = chat.claimed(worker);
        assertThat(durable(claim)).containsExactly("none");
        worker.append(claim, null, 0, "good ");
        worker.append(claim, 0, 5, "mor\uD83D\uDE00");
        assertThat(durable(claim)).containsExactly("5 mor\uD83D\uDE00");
        chat.one(Boolean.class, "select chat.cancel(?)", claim.generation());
        assertThat(durable(claim)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"repeatable read", "serializable"})
    void a_reply_is_not_taken_away_under_a_snapshot_that_may_miss_its_last_text(String isolation) throws SQLException {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "good ");
        try (Connection psql = chat.pool().getConnection();
                Statement statement = psql.createStatement()) {
            psql.setAutoCommit(false);
            statement.execute("set transaction isolation level " + isolation);
            statement.execute("select count(*) from chat.chunk");
            worker.append(claim, 0, 5, "morning");
            assertThat(Refusals.of(() -> statement.execute("select ops.cancel(" + claim.generation() + ")")))
                    .startsWith("HF409")
                    .contains(isolation);
            psql.rollback();
        }
        assertThat(read(claim)).isEqualTo("good morning");
        chat.one(String.class, "select outcome from ops.cancel(?)", claim.generation());
        assertThat(chat.content(claim.message())).isEqualTo("good morning");
    }

    @Test
    void a_flush_commits_asynchronously_and_nothing_else_does() throws Exception {
        Worker.Claim claim = chat.claimed(worker);
        assertThat(commitModeAfter(
                        "select * from chat.append_chunks(%d, array['%s'::uuid], array[%d::bigint], array[null::int], array[0], array['x'])"
                                .formatted(worker.id(), claim.message(), claim.fence())))
                .isEqualTo("off then on");
        for (String sql : List.of(
                "select * from chat.start_streaming(array['%s'::uuid], array[%d::bigint])"
                        .formatted(claim.message(), claim.fence()),
                "select * from chat.complete(%d, array['%s'::uuid], array[%d::bigint], array['x'], array[1], array[1])"
                        .formatted(worker.id(), claim.message(), claim.fence()),
                "select chat.post('general', 'mira', '@ada')",
                "select * from chat.claim(%d, 1, '10 seconds')".formatted(worker.id()))) {
            assertThat(commitModeAfter(sql)).as(sql).isEqualTo("on then on");
        }
    }

    @Test
    void readers_get_what_is_new_since_the_chunk_they_have_seen() {
        Worker.Claim claim = chat.claimed(worker);
        worker.stream(claim);
        worker.append(claim, null, 0, "good ");
        worker.append(claim, 0, 5, "mor\uD83D\uDE00");
        worker.append(claim, 5, 10, "ning");
        assertThat(newText(claim, 1, null)).isEqualTo("at 0 'good mor\uD83D\uDE00ning' mark 10");
        assertThat(newText(claim, 1, 0)).isEqualTo("at 5 'mor\uD83D\uDE00ning' mark 10");
        assertThat(newText(claim, 1, 5)).isEqualTo("at 10 'ning' mark 10");
        assertThat(newText(claim, 1, 10)).isEqualTo("nothing");
        assertThat(newText(claim, 0, 10))
                .as("known under an older fence")
                .isEqualTo("at 0 'good mor\uD83D\uDE00ning' mark 10");
    }

    @Test
    void a_chunk_table_that_has_lost_its_tail_in_a_crash_is_gone_on_from() {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "good ");
        worker.append(claim, 0, 5, "morning");
        chat.run("delete from chat.chunk where start_at = 5");
        assertThat(worker.append(claim, 5, 12, "!")).isEqualTo("gap");
        assertThat(durable(claim)).containsExactly("0 good ");
        assertThat(worker.append(claim, 0, 5, "morning!")).isEqualTo("written");
        assertThat(read(claim)).isEqualTo("good morning!");
    }

    @Test
    void the_fold_leaves_no_chunk_and_takes_the_workers_text() {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "good ");
        worker.complete(claim, "good morning");
        assertThat(chat.count("chat.chunk")).isZero();
        assertThat(chat.content(claim.message())).isEqualTo("good morning");
        assertThat(
                        chat.one(
                                String.class,
                                "select concat_ws(' ', input_tokens, output_tokens, first_token_at is not null) from chat.generation"))
                .isEqualTo("3 7 t");
    }

    @Test
    void of_a_long_reply_only_what_is_new_is_read() throws Exception {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "word ");
        for (int start = 5; start < 500; start += 5) worker.append(claim, start - 5, start, "word ");
        try (Connection connection = chat.pool().getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            var read = "select idx_tup_fetch from pg_stat_xact_user_tables where relid = 'chat.chunk'::regclass";
            var before = Long.parseLong(only(statement, read));
            var changes =
                    "select marks from chat.channel_changes(array['%s'::uuid], '{100}', array['%s'::uuid], '{%d}', '{485}')"
                            .formatted(chat.channelId("general"), claim.message(), claim.fence());
            assertThat(only(statement, changes)).endsWith(" 495");
            assertThat(Long.parseLong(only(statement, read)) - before)
                    .as("chunks read")
                    .isEqualTo(2);
        }
    }

    private static String only(Statement statement, String sql) throws SQLException {
        try (var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private String read(Worker.Claim claim) {
        return chat.one(
                String.class,
                "select string_agg(text, '' order by start_at) from chat.chunk where message_id = ?",
                claim.message());
    }

    private List<String> durable(Worker.Claim claim) {
        return chat.jdbc
                .sql(
                        "select coalesce(last_start || ' ' || last_text, 'none') from chat.durable(?, ?::text::uuid[], ?::text::bigint[])")
                .params(worker.id(), Chat.array(List.of(claim.message())), Chat.array(List.of(claim.fence())))
                .query(String.class)
                .list();
    }

    private String newText(Worker.Claim claim, long knownFence, Integer lastStart) {
        boolean known = lastStart != null;
        return chat.jdbc
                .sql(
                        "select text_json, marks from chat.channel_changes(?::text::uuid[], '{100}', ?::text::uuid[], ?::text::bigint[], ?::text::int[])")
                .params(
                        Chat.array(List.of(chat.channelId("general"))),
                        known ? Chat.array(List.of(claim.message())) : "{}",
                        known ? "{" + knownFence + "}" : "{}",
                        known ? "{" + lastStart + "}" : "{}")
                .query((row, n) -> {
                    String marks = row.getString("marks");
                    if (marks.isEmpty()) {
                        assertThat(row.getString("text_json")).isEqualTo("[]");
                        return "nothing";
                    }
                    assertThat(marks).startsWith(claim.message() + " 1 ");
                    String shown = chat.one(
                            String.class,
                            "select 'at ' || (t ->> 'at') || ' ''' || (t ->> 'text') || '''' from json_array_elements(?::text::json) t",
                            row.getString("text_json"));
                    return shown + " mark " + marks.split(" ")[2];
                })
                .single();
    }

    /** synchronous_commit in the transaction behind the call, and in the one after it. */
    private String commitModeAfter(String sql) throws Exception {
        try (Connection connection = chat.pool().getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            String inside = show(statement);
            connection.commit();
            return inside + " then " + show(statement);
        }
    }

    private static String show(java.sql.Statement statement) throws java.sql.SQLException {
        try (var row = statement.executeQuery("select current_setting('synchronous_commit')")) {
            row.next();
            return row.getString(1);
        }
    }
}
