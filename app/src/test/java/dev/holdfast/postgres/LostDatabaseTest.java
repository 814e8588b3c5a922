package dev.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.TcpProxy;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class LostDatabaseTest {

    private final TestDatabase database = TestPostgres.createEmpty();

    @Test
    void a_connection_that_nobody_answers_or_that_ends_while_it_is_made_is_a_lost_database() {
        try (var proxy = TcpProxy.to(database.host(), database.port()).refuseAfter(0)) {
            assertThat(LostDatabase.by(failureAt(proxy.port(), "postgres"))).isTrue();
        }
        assertThat(LostDatabase.by(failureAt(1, "postgres"))).isTrue();
    }

    @Test
    void a_refusal_by_a_database_that_answers_is_not() {
        assertThat(LostDatabase.by(failureAt(database.port(), "nobody"))).isFalse();
    }

    private Throwable failureAt(int port, String user) {
        var there = new TestDatabase("127.0.0.1", port, database.name(), user, "");
        var failure = catchThrowable(() -> there.dataSource().getConnection().close());
        assertThat(failure).isInstanceOf(SQLException.class);
        return failure;
    }
}
