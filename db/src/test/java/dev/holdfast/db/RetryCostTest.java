package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What it costs the database to retry many. */
@Order(1)
@Tag("slow")
class RetryCostTest {

    private static final String ONE_BY_ONE = "select r.id::text from ops.stuck s, ops.retry(s.id) r";
    private static final String AT_ONCE = "select r.id::text from ops.retry_failed('ada', interval '1 day') r";
    /** ms; the clock of the processor ticks in 10 */
    private static final long GRAIN = 100;

    @AutoClose
    private final QueueFixture queue = new QueueFixture();

    /** Ten times as many cost some ten times as much, never a hundred; one statement or one call for each. */
    @Test
    void hundreds_of_failed_ones_are_retried_by_one_statement_at_a_cost_that_grows_with_their_number()
            throws SQLException {
        fail(50);
        long fewOneByOne = retry(50, ONE_BY_ONE);
        failAgain();
        long fewAtOnce = retry(50, AT_ONCE);
        failAgain();
        fail(450);
        queue.jdbc.sql("truncate chat.audit").update();
        assertThat(retry(500, ONE_BY_ONE)).as("one by one, ms").isLessThan(25 * fewOneByOne + GRAIN);
        assertThat(queue.texts("select count(*)::text from ops.audit")).containsExactly("500");
        failAgain();
        assertThat(retry(500, AT_ONCE)).as("at once, ms").isLessThan(25 * fewAtOnce + GRAIN);
        assertThat(queue.texts("select distinct action from ops.audit order by 1"))
                .containsExactly("retry", "retry_failed");
        long fresh = queue.ask("general", "@ada right now");
        long another = queue.ask("general", "noor", "@ada me too");
        assertThat(queue.texts(
                        "select generation_id::text from chat.claim(?, 2, '10 seconds'::interval)", queue.worker))
                .containsExactlyInAnyOrder("" + fresh, "" + another);
    }

    private void fail(int many) {
        queue.askOften(many);
        failAgain();
    }

    private void failAgain() {
        queue.claim();
        queue.failEveryRunning("The provider refused the key.");
    }

    /** @return ms of the server's processor time */
    private long retry(int many, String statement) throws SQLException {
        try (Connection connection = queue.database.dataSource().getConnection()) {
            var clock = new BackendClock(connection);
            long start = clock.millis();
            assertThat(JdbcClient.create(new SingleConnectionDataSource(connection, true))
                            .sql(statement)
                            .query(String.class)
                            .list())
                    .hasSize(many);
            long millis = clock.millis() - start;
            System.out.println(millis + " ms for " + many + ": " + statement);
            return millis;
        }
    }
}
