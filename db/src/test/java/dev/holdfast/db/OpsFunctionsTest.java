package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.impossibl.postgres.api.jdbc.PGSQLExceptionInfo;
import java.sql.Connection;
import java.sql.SQLException;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What administrators do in psql. */
@Order(1)
class OpsFunctionsTest {

    @AutoClose
    private final QueueFixture queue = new QueueFixture();

    @Test
    void retry_queues_a_failed_generation_with_its_attempts_reset_behind_fresh_mentions() {
        long failed = queue.failed("@ada one");
        long seq = seq();
        assertThat(queue.row("select * from ops.retry(?)", failed))
                .containsEntry("id", failed)
                .containsEntry("outcome", "queued")
                .containsEntry("agent", "ada")
                .containsEntry("channel", "general")
                .containsEntry("detail", "was failed, 1 attempt, The provider refused the key.");
        assertThat(queue.row("select state, attempt, error, priority from chat.generation"))
                .containsEntry("state", "queued")
                .containsEntry("attempt", 0)
                .containsEntry("error", null)
                .containsEntry("priority", -1);
        assertThat(queue.texts("select status from chat.message where reply_to is not null"))
                .containsExactly("queued");
        assertThat(seq()).as("open pages read the change").isEqualTo(seq + 1);
        long fresh = queue.ask("general", "@ada two");
        assertThat(queue.texts(
                        "select generation_id::text from chat.claim(?, 1, '10 seconds'::interval)", queue.worker))
                .containsExactly("" + fresh);
    }

    @Test
    void the_same_retry_again_changes_nothing_and_says_so() {
        long failed = queue.failed("@ada one");
        queue.rows("select ops.retry(?)", failed);
        long seq = seq();
        assertThat(queue.row("select * from ops.retry(?)", failed))
                .containsEntry("outcome", "unchanged")
                .containsEntry("detail", "is queued already");
        assertThat(seq()).isEqualTo(seq);
        assertThat(queue.texts("select action from ops.audit")).containsExactly("retry");
    }

    @Test
    void everything_that_is_stuck_is_retried_by_one_statement() {
        queue.failed("@ada one");
        queue.ask("general", "@ada two");
        queue.ask("lab", "@ada three");
        queue.claim();
        queue.jdbc
                .sql(
                        "update chat.generation set lease_until = now() - interval '1 second' where channel_id = (select id from chat.channel where name = 'lab')")
                .update();
        queue.jdbc
                .sql("update chat.generation set claimed_at = now() - interval '2 minutes' where state = 'running'")
                .update();
        assertThat(queue.texts("select (r).outcome from (select ops.retry(id) as r from ops.stuck) s"))
                .containsExactly("queued", "queued", "queued");
        assertThat(queue.texts("select id::text from ops.stuck")).isEmpty();
        assertThat(queue.texts("select history -> 0 ->> 'outcome' from chat.generation where id > 1"))
                .containsExactly("taken away", "taken away");
        assertThat(queue.claim()).hasSize(3);
    }

    @Test
    void a_generation_that_gets_on_is_not_retried() {
        long id = queue.ask("general", "@ada one");
        queue.claim();
        queue.passSeconds(20);
        refused("HF409", "Generation " + id + " is running (attempt 1) and gets on.", "select ops.retry(?)", id);
        assertThat(queue.row("select * from ops.retry_all(array[?::bigint])", id))
                .containsEntry("outcome", "refused");
        assertThat(queue.state(id)).isEqualTo("running");
        refused("HF404", "There is no generation 77.", "select ops.retry(?)", 77L);
    }

    @Test
    void a_deleted_reply_is_not_retried() {
        long id = queue.failed("@ada one");
        queue.jdbc
                .sql("select chat.delete_message(g.message_id, g.person_id) from chat.generation g")
                .query(String.class)
                .single();
        assertThat(queue.row("select * from ops.retry(?)", id)).containsEntry("detail", "was deleted a moment ago");
        queue.jdbc
                .sql("update chat.message set deleted_at = now() - interval '1 minute' where deleted_at is not null")
                .update();
        refused("HF409", "The reply of generation " + id + " was deleted.", "select ops.retry(?)", id);
        assertThat(queue.row("select * from ops.retry_failed('ada', interval '1 day')"))
                .containsEntry("outcome", "unchanged");
    }

    @Test
    void what_failed_at_a_disabled_agent_is_not_retried_and_in_nobody_s_way() {
        long id = queue.failed("@ada one");
        queue.failed("@bob two");
        queue.jdbc
                .sql("update chat.account set disabled_at = now() where handle = 'ada'")
                .update();
        refused("HF409", "@ada is disabled.", "select ops.retry(?)", id);
        assertThat(remedy("select ops.retry(" + id + ")"))
                .contains("PATCH /api/agents/"
                        + queue.jdbc
                                .sql("select id::text from chat.account where handle = 'ada'")
                                .query(String.class)
                                .single());
        assertThat(queue.texts("select agent || ' ' || failed from ops.queue order by agent"))
                .containsExactly("ada 0", "bob 1");
        refused(
                "HF409",
                "@ada is disabled.",
                "select chat.retry(g.message_id, g.person_id)::text from chat.generation g where g.id = ?",
                id);
        assertThat(queue.texts(
                        "select (r).outcome || ' ' || (r).agent from (select ops.retry(id) as r from ops.stuck) s"))
                .containsExactly("queued bob");

        queue.jdbc
                .sql("update chat.account set disabled_at = null where handle = 'ada'")
                .update();
        assertThat(queue.row("select * from ops.retry(?)", id)).containsEntry("outcome", "queued");
    }

    @Test
    void a_refusal_carries_its_remedy_where_psql_and_the_web_show_it() {
        long id = queue.completed("@ada one");
        queue.passSeconds(20);
        assertThat(remedy("select ops.cancel(" + id + ")")).contains("select ops.retry(" + id + ");");
        assertThat(remedy("select ops.retry(99)")).contains("ops.generations");
        assertThat(remedy("select ops.pause_agent('mira')")).isEqualTo("Agents: ada, bob.");
        assertThat(remedy("select ops.drain_worker('web-9')")).isEqualTo("Workers: web-1.");
        assertThat(queue.row("select * from ops.cancel_all(array[?::bigint])", id))
                .containsEntry(
                        "detail",
                        "Generation %d has completed; there is nothing to cancel. To write the reply again: select ops.retry(%d);"
                                .formatted(id, id));
    }

    @Test
    void one_illegal_row_undoes_a_bulk_retry_of_single_calls_and_is_left_out_by_retry_all() {
        queue.askOften(100);
        queue.claim();
        queue.failEveryRunning("The provider refused the key.");
        long running = queue.ask("general", "@ada talk");
        queue.claim();
        queue.passSeconds(20);
        refused(
                "HF409",
                "Generation " + running + " is running (attempt 1) and gets on.",
                "select ops.retry(id) from ops.generations order by id");
        assertThat(queue.texts("select count(*)::text from chat.generation where state = 'failed'"))
                .containsExactly("100");
        assertThat(queue.texts("select count(*)::text from ops.audit")).containsExactly("0");
        assertThat(
                        queue.texts(
                                "select outcome || ' ' || count(*) from ops.retry_all(array(select id from ops.generations)) group by outcome order by 1"))
                .containsExactly("queued 100", "refused 1");
        assertThat(queue.state(running)).isEqualTo("running");
    }

    @Test
    void a_failed_reply_that_was_deleted_is_in_nobody_s_way() {
        queue.failed("@ada one");
        queue.jdbc
                .sql("select chat.delete_message(g.message_id, g.person_id) from chat.generation g")
                .query(String.class)
                .single();
        queue.failed("@ada two");
        assertThat(queue.texts("select failed::text from ops.queue where agent = 'ada'"))
                .containsExactly("1");
        assertThat(queue.texts("select (r).outcome from (select ops.retry(id) as r from ops.stuck) s"))
                .containsExactly("queued");
    }

    @Test
    void cancel_ends_queued_and_running_ones_for_good() {
        long running = queue.ask("general", "@ada one");
        queue.claim();
        long waiting = queue.ask("general", "@ada two");
        assertThat(
                        queue.texts(
                                "select (r).outcome from (select ops.cancel(id) as r from ops.generations where channel = 'general') s"))
                .containsExactly("cancelled", "cancelled");
        assertThat(queue.state(running)).isEqualTo("cancelled");
        assertThat(queue.row("select * from ops.cancel(?)", waiting))
                .containsEntry("outcome", "unchanged")
                .containsEntry("detail", "is cancelled already");
        long done = queue.completed("@ada three");
        queue.passSeconds(20);
        refused(
                "HF409",
                "Generation " + done + " has completed; there is nothing to cancel.",
                "select ops.cancel(?)",
                done);
        refused("HF404", "There is no generation 99.", "select ops.cancel(?)", 99L);
    }

    @Test
    void cancel_gives_up_a_failed_one_which_then_needs_nobody_and_keeps_its_text() {
        long id = queue.ask("general", "@ada one");
        queue.claim();
        queue.jdbc
                .sql(
                        "select chat.fail(worker_id, message_id, fence, 'cut off', 'model_error', null, 'half a', true) from chat.generation")
                .query(String.class)
                .single();
        long seq = seq();
        assertThat(queue.row("select * from ops.cancel(?)", id))
                .containsEntry("outcome", "cancelled")
                .containsEntry("detail", "was failed");
        assertThat(queue.row("select status, content from chat.message where reply_to is not null"))
                .containsEntry("status", "stopped")
                .containsEntry("content", "half a");
        assertThat(seq()).as("open pages read the change").isEqualTo(seq + 1);
        assertThat(queue.row("select state, error from ops.generations"))
                .containsEntry("state", "cancelled")
                .containsEntry("error", "cut off");
        assertThat(queue.texts("select id::text from ops.stuck")).isEmpty();
        assertThat(queue.texts("select failed::text from ops.queue where agent = 'ada'"))
                .containsExactly("0");
        assertThat(queue.row("select * from ops.cancel(?)", id)).containsEntry("outcome", "unchanged");
        assertThat(queue.row("select * from ops.retry(?)", id)).containsEntry("outcome", "queued");
    }

    @Test
    void a_paused_agent_starts_nothing_until_it_is_resumed() {
        assertThat(queue.row("select * from ops.pause_agent('@Ada')"))
                .containsEntry("agent", "ada")
                .containsEntry("outcome", "paused");
        queue.ask("general", "@ada one");
        assertThat(queue.claim()).isEmpty();
        assertThat(queue.row("select * from ops.pause_agent('ada')")).containsEntry("outcome", "unchanged");
        assertThat(queue.row("select * from ops.retry(1)"))
                .extractingByKey("detail")
                .asString()
                .contains("select ops.resume_agent('ada');");
        assertThat(queue.row("select * from ops.resume_agent('ada')"))
                .containsEntry("outcome", "resumed")
                .containsEntry("detail", "1 queued may run now");
        assertThat(queue.claim()).hasSize(1);
        assertThat(queue.row("select * from ops.resume_agent('ada')")).containsEntry("outcome", "unchanged");
        refused("HF404", "There is no agent \"eve\".", "select ops.pause_agent('eve')");
        refused("HF404", "\"mira\" is a person, not an agent.", "select ops.resume_agent('mira')");
    }

    @Test
    void a_draining_worker_finishes_and_takes_nothing_new() {
        queue.ask("general", "@ada one");
        queue.claim();
        assertThat(queue.row("select * from ops.drain_worker('web-1')"))
                .containsEntry("outcome", "draining")
                .extractingByKey("detail")
                .asString()
                .startsWith("1 running will finish");
        assertThat(queue.row("select * from ops.drain_worker('web-1')")).containsEntry("outcome", "unchanged");
        queue.ask("general", "@ada two");
        assertThat(queue.claim()).isEmpty();
        assertThat(queue.row("select * from ops.resume_worker('web-1')")).containsEntry("outcome", "resumed");
        assertThat(queue.claim()).hasSize(1);
        refused("HF404", "There is no worker \"web-9\".", "select ops.drain_worker('web-9')");
    }

    @Test
    void every_change_is_audited_with_who_did_it() throws SQLException {
        queue.failed("@ada one");
        queue.rows("select ops.retry(id) from ops.stuck");
        queue.rows("select ops.cancel(1)");
        queue.rows("select ops.pause_agent('ada')");
        queue.rows("select ops.resume_agent('ada')");
        queue.rows("select ops.drain_worker('web-1')");
        assertThat(queue.texts("select actor || ' ' || action || ' ' || subject from ops.audit"))
                .containsExactly(
                        "postgres drain_worker worker web-1",
                        "postgres resume_agent agent ada",
                        "postgres pause_agent agent ada",
                        "postgres cancel generation 1",
                        "postgres retry generation 1");
        assertThat(queue.texts("select detail ->> 'detail' from ops.audit where action = 'retry'"))
                .containsExactly("was failed, 1 attempt, The provider refused the key.");
        try (Connection connection = queue.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            JdbcClient jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, true));
            jdbc.sql("select set_config('holdfast.actor', 'mira', true)")
                    .query(String.class)
                    .single();
            jdbc.sql("select ops.pause_agent('bob')::text").query(String.class).single();
            connection.commit();
        }
        assertThat(queue.texts("select actor from ops.audit limit 1")).containsExactly("mira");
    }

    @Test
    void rollback_undoes_all_of_it() throws SQLException {
        long failed = queue.failed("@ada one");
        queue.ask("general", "@ada two");
        String before = everything();
        try (Connection connection = queue.database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            JdbcClient jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, true));
            jdbc.sql("select ops.retry(?)::text")
                    .param(failed)
                    .query(String.class)
                    .single();
            jdbc.sql("select ops.cancel(id)::text from ops.generations")
                    .query(String.class)
                    .list();
            jdbc.sql("select ops.pause_agent('ada')::text").query(String.class).single();
            jdbc.sql("select ops.drain_worker('web-1')::text")
                    .query(String.class)
                    .single();
            connection.rollback();
        }
        assertThat(everything()).isEqualTo(before);
    }

    private long seq() {
        return queue.jdbc
                .sql("select seq from chat.channel where name = 'general'")
                .query(Long.class)
                .single();
    }

    private String everything() {
        return queue.texts("""
                select (select json_agg(g order by id)::text from chat.generation g) || (select json_agg(m order by seq)::text from chat.message m)
                  || (select json_agg(n order by account_id)::text from chat.agent n) || (select json_agg(w)::text from chat.worker w)
                  || (select count(*) from chat.audit) || (select json_agg(c order by name)::text from chat.channel c)
                """).getFirst();
    }

    private AbstractThrowableAssert<?, ?> refused(String state, String message, String sql, Object... params) {
        return assertThatThrownBy(() -> queue.rows(sql, params))
                .rootCause()
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(state))
                .hasMessageContaining(message);
    }

    private String remedy(String call) {
        var refusal = catchThrowableOfType(
                UncategorizedSQLException.class,
                () -> queue.jdbc.sql(call).query().listOfRows());
        return ((PGSQLExceptionInfo) refusal.getSQLException()).getDetail();
    }
}
