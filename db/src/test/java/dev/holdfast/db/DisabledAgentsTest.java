package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What becomes of the replies of an agent that is disabled. */
class DisabledAgentsTest {

    @AutoClose
    private final QueueFixture queue = new QueueFixture();

    @Test
    void an_agent_that_is_disabled_begins_nothing_and_the_next_reap_ends_what_it_says_and_what_waits_for_it()
            throws SQLException {
        long running = queue.ask("general", "@ada one");
        queue.claim();
        long waiting = queue.ask("general", "@ada two");
        long held = queue.ask("lab", "@ada three");
        long other = queue.ask("general", "@bob four");
        try (Connection psql = queue.database.dataSource().getConnection();
                var statement = psql.createStatement()) {
            psql.setAutoCommit(false);
            statement.execute("select from chat.channel where name = 'lab' for update");
            queue.rows("""
                    select chat.change_agent(m.id, a.id, '{"disabled": true}')::text
                    from chat.account m, chat.account a where m.handle = 'mira' and a.handle = 'ada'
                    """);
            assertThat(queue.claim()).containsExactly(other);
            assertThat(queue.rows("select * from chat.reap()")).isEmpty();
            assertThat(List.of(running, waiting, held, other))
                    .map(queue::state)
                    .containsExactly("cancelled", "cancelled", "queued", "running");
            queue.jdbc
                    .sql("update chat.generation set queued_at = now() - interval '2 hours' where id = ?")
                    .param(held)
                    .update();
            assertThat(queue.texts("select split_part(reason, ',', 1) || ' | ' || mend from ops.stuck"))
                    .containsExactly("its agent is disabled | select ops.cancel(" + held + ");");
            psql.rollback();
        }
        queue.rows("select * from chat.reap()");
        assertThat(queue.state(held)).isEqualTo("cancelled");
    }

    @Test
    void all_that_waits_for_a_disabled_agent_is_not_swept_before_what_a_lost_worker_has_left() {
        queue.askOften(1_000);
        long lost = queue.ask("lab", "@bob and then this");
        queue.jdbc
                .sql("update chat.account set disabled_at = now() where handle = 'ada'")
                .update();
        assertThat(queue.claim()).containsExactly(lost);
        queue.jdbc
                .sql("update chat.generation set lease_until = now() - interval '1 second' where id = ?")
                .param(lost)
                .update();
        assertThat(queue.rows("select * from chat.reap()"))
                .singleElement()
                .satisfies(row -> assertThat(row).containsEntry("generation_id", lost));
        assertThat(queue.texts("select count(*)::text from chat.generation where state = 'cancelled'"))
                .containsExactly("199");
    }
}
