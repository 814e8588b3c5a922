package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres.TestDatabase;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** From a posted mention to a folded reply, with SQL alone. */
class WayOfAReplyTest {

    private final TestDatabase database = TestPostgres.create();
    private final JdbcClient jdbc = database.jdbc();

    @BeforeEach
    void people() {
        jdbc.sql("""
                with people as (
                  insert into chat.account (handle, display_name, kind)
                  values ('mira', 'Mira', 'human'), ('ada', 'Ada', 'agent') returning id, handle
                ), room as (insert into chat.channel (name) values ('general') returning id
                ), members as (
                  insert into chat.membership (channel_id, account_id) select room.id, people.id from room, people
                )
                insert into chat.agent (account_id, provider, model) select id, 'guide', 'guide' from people where handle = 'ada'
                """).update();
    }

    @Test
    void a_mention_becomes_a_reply_that_grows_by_chunks_and_ends_folded() {
        jdbc.sql("select chat.post('general', 'mira', 'good morning @ada')")
                .query(UUID.class)
                .single();
        assertThat(jdbc.sql("select status || ' ' || seq from chat.message order by seq")
                        .query(String.class)
                        .list())
                .containsExactly("complete 1", "queued 2");
        long worker = jdbc.sql("select chat.register_worker('test', 8)")
                .query(Long.class)
                .single();
        UUID reply = jdbc.sql("select message_id from chat.claim(?, 8, '10 seconds'::interval)")
                .param(worker)
                .query(UUID.class)
                .single();
        jdbc.sql("select * from chat.start_thinking(array[?::uuid], array[1::bigint])")
                .param(reply)
                .query()
                .listOfRows();
        jdbc.sql("select * from chat.start_streaming(array[?::uuid], array[1::bigint])")
                .param(reply)
                .query()
                .listOfRows();
        assertThat(append(worker, reply, null, 0, "good ")).isEmpty();
        assertThat(append(worker, reply, 0, 5, "mor\uD83D\uDE00ning")).isEmpty();
        assertThat(append(worker, reply, 0, 5, "gap")).containsExactly("gap");
        assertThat(append(worker + 1, reply, 5, 14, "stale")).containsExactly("fenced");
        String changes = jdbc.sql("select chat.changes(id, 2)::text from chat.channel")
                .query(String.class)
                .single();
        assertThat(changes).contains("\"status\" : \"streaming\"", "good mor\uD83D\uDE00ning", "\"at\" : 0");
        jdbc.sql(
                        "select * from chat.complete(?, array[?::uuid], array[1::bigint], array['good morning to you'], array[1], array[4])")
                .params(worker, reply)
                .query()
                .listOfRows();
        assertThat(jdbc.sql("select content || ' ' || status || ' ' || seq from chat.message where id = ?")
                        .param(reply)
                        .query(String.class)
                        .single())
                .isEqualTo("good morning to you complete 5");
        assertThat(jdbc.sql("select count(*) from chat.chunk").query(Long.class).single())
                .isZero();
        assertThat(jdbc.sql("select state from chat.generation")
                        .query(String.class)
                        .single())
                .isEqualTo("completed");
        jdbc.sql("select chat.retry(?, id) from chat.account where handle = 'mira'")
                .param(reply)
                .query(String.class)
                .single();
        assertThat(jdbc.sql("select state || ' ' || fence from chat.generation")
                        .query(String.class)
                        .single())
                .isEqualTo("queued 2");
    }

    private java.util.List<String> append(long worker, UUID reply, Integer previous, int start, String text) {
        return jdbc.sql(
                        "select reason from chat.append_chunks(?, array[?::uuid], array[1::bigint], array[?::int], array[?::int], array[?])")
                .params(worker, reply, previous, start, text)
                .query(String.class)
                .list();
    }
}
