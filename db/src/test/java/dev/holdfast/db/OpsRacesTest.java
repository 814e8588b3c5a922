package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What happens to a reply between the moment in which an administrator's statement has chosen it and its turn there. */
class OpsRacesTest {

    private static final String RETRY_ALL_THAT_IS_STUCK =
            "select (r).outcome || ': ' || (r).detail from (select ops.retry(id) as r from ops.stuck) s order by 1";

    @AutoClose
    private final QueueFixture queue = new QueueFixture();

    @Test
    void one_that_gets_on_again_after_the_select_chose_it_doesnt_spoil_a_bulk_retry() throws Exception {
        queue.failed("@bob one");
        long id = queue.ask("general", "@ada two");
        queue.claim();
        queue.jdbc
                .sql("update chat.generation set lease_until = now() - interval '1 second' where id = ?")
                .param(id)
                .update();
        try (Connection holder = queue.database.dataSource().getConnection();
                var retrying = Executors.newVirtualThreadPerTaskExecutor()) {
            holder.setAutoCommit(false);
            JdbcClient.create(new SingleConnectionDataSource(holder, true))
                    .sql("select id from chat.channel for update")
                    .query()
                    .listOfRows();
            var outcomes = retrying.submit(
                    () -> queue.texts(
                            "select (r).outcome || coalesce(': ' || (r).detail, '') from (select ops.retry(id) as r from ops.stuck) s order by 1"));
            awaitLockWait();
            // the worker was only slow
            queue.rows(
                    "select chat.heartbeat(?, array[?::bigint], array[1::bigint], interval '10 seconds')",
                    queue.worker,
                    id);
            holder.commit();
            assertThat(outcomes.get())
                    .containsExactly(
                            "queued: was failed, 1 attempt, The provider refused the key.",
                            "unchanged: gets on since a moment ago");
        }
        assertThat(queue.state(id)).isEqualTo("running");
    }

    @Test
    void one_that_ends_while_a_bulk_cancel_has_chosen_it_doesnt_spoil_it() throws Exception {
        queue.ask("general", "@ada one");
        queue.claim();
        queue.ask("lab", "@ada two");
        String completing = """
                select c.held from chat.generation g,
                  chat.complete(g.worker_id, array[g.message_id], array[g.fence], array['done'], array[1], array[1]) c
                where g.state = 'running'
                """;
        assertThat(
                        whileUncommitted(
                                completing,
                                "select (r).detail from (select ops.cancel(id) as r from ops.generations where state in ('queued', 'running')) s"))
                .containsExactlyInAnyOrder("has completed a moment ago", "was queued");
    }

    @Test
    void one_that_starts_while_a_bulk_retry_has_chosen_it_doesnt_spoil_it() throws Exception {
        queue.failed("@bob one");
        queue.ask("general", "@ada two");
        queue.jdbc
                .sql("update chat.generation set queued_at = now() - interval '2 minutes' where state = 'queued'")
                .update();
        assertThat(whileUncommitted(
                        "select generation_id from chat.claim(%d, 1, interval '10 seconds')".formatted(queue.worker),
                        "select (r).outcome from (select ops.retry(id) as r from ops.stuck) s"))
                .containsExactlyInAnyOrder("queued", "unchanged");
    }

    @Test
    void one_that_is_deleted_while_a_bulk_retry_has_chosen_it_doesnt_spoil_it() throws Exception {
        queue.failed("@bob one");
        queue.failed("@ada two");
        assertThat(whileUncommitted("""
                        select chat.delete_message(g.message_id, g.person_id) from chat.generation g
                        join chat.account a on a.id = g.agent_id and a.handle = 'ada'
                        """, RETRY_ALL_THAT_IS_STUCK))
                .containsExactly(
                        "queued: was failed, 1 attempt, The provider refused the key.",
                        "unchanged: was deleted a moment ago");
    }

    @Test
    void one_that_is_stopped_while_a_bulk_retry_has_chosen_it_stays_stopped() throws Exception {
        var first = queue.ask("general", "@ada one");
        var second = queue.ask("lab", "@ada two");
        queue.jdbc
                .sql("update chat.generation set queued_at = now() - interval '2 minutes'")
                .update();
        // by channel
        var stopped = queue.texts("select id::text from ops.stuck").getLast();
        try (Connection holder = queue.database.dataSource().getConnection();
                var retrying = Executors.newVirtualThreadPerTaskExecutor()) {
            holder.setAutoCommit(false);
            JdbcClient.create(new SingleConnectionDataSource(holder, true))
                    .sql(
                            "select id from chat.channel where id <> (select channel_id from chat.generation where id = ?::bigint) for update")
                    .param(stopped)
                    .query()
                    .listOfRows();
            var outcomes = retrying.submit(() -> queue.texts(RETRY_ALL_THAT_IS_STUCK));
            awaitLockWait();
            queue.rows(
                    "select chat.stop(g.message_id, g.person_id)::text from chat.generation g where g.id = ?::bigint",
                    stopped);
            holder.commit();
            assertThat(outcomes.get()).hasSize(2).last().isEqualTo("unchanged: was stopped a moment ago");
        }
        assertThat(List.of(queue.state(first), queue.state(second))).containsExactlyInAnyOrder("queued", "cancelled");
        // on purpose, as a refusal advises
        assertThat(queue.texts("select outcome from ops.retry(" + stopped + ")"))
                .containsExactly("queued");
    }

    /** What a statement answers that waits for another one, which began before it and commits when it has chosen its rows. */
    private List<String> whileUncommitted(String first, String statement) throws Exception {
        try (Connection connection = queue.database.dataSource().getConnection();
                var waiting = Executors.newVirtualThreadPerTaskExecutor()) {
            connection.setAutoCommit(false);
            JdbcClient.create(new SingleConnectionDataSource(connection, true))
                    .sql(first)
                    .query()
                    .listOfRows();
            var answers = waiting.submit(() -> queue.texts(statement));
            awaitLockWait();
            connection.commit();
            return answers.get();
        }
    }

    private void awaitLockWait() {
        while (queue.texts(
                        "select 1::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
                .isEmpty()) Thread.onSpinWait();
    }
}
