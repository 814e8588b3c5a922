package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What somebody may do so often: here twice in ten minutes. */
class AllowancesTest {

    @AutoClose
    private final Chat chat = new Chat();

    @Test
    void what_was_taken_before_the_clock_was_set_back_holds_nobody_up_and_the_limit_holds_again() {
        take(chat.jdbc);
        take(chat.jdbc);
        assertThat(take(chat.jdbc)).isBetween(200.0, 300.0);
        // to the row it is the same whether the clock goes back or the row's time ahead
        chat.run("update chat.allowance set spent_until = spent_until + interval '1 hour'");
        assertThat(take(chat.jdbc)).isZero();
        assertThat(take(chat.jdbc)).isZero();
        assertThat(take(chat.jdbc)).isBetween(200.0, 300.0);
    }

    @Test
    void a_transaction_that_began_before_all_was_taken_is_not_misled_by_its_own_earlier_time() throws Exception {
        try (Connection connection = chat.pool().getConnection()) {
            connection.setAutoCommit(false);
            var earlier = JdbcClient.create(new SingleConnectionDataSource(connection, true));
            earlier.sql("select now()").query().singleRow();
            take(chat.jdbc);
            take(chat.jdbc);
            assertThat(take(earlier)).isPositive();
            connection.rollback();
        }
    }

    @Test
    void what_is_given_back_is_what_was_taken_and_no_more() {
        take(chat.jdbc);
        take(chat.jdbc);
        chat.one(Long.class, "select count(*) from chat.return_allowance('post mira', 2, '10 minutes', 1)");
        assertThat(take(chat.jdbc)).isZero();
        assertThat(take(chat.jdbc)).isBetween(200.0, 300.0);
    }

    /** The seconds to wait; 0: taken. */
    private static double take(JdbcClient jdbc) {
        return jdbc.sql("select chat.take_allowance('post mira', 2, '10 minutes', 1)")
                .query(Double.class)
                .single();
    }
}
