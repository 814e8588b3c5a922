package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What keeps old versions of rows is seen, and what people leave open ends by itself. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // the driver heeds no interrupt
class OldestTransactionTest {

    private final TestDatabase database = TestPostgres.create();
    private final JdbcClient jdbc = database.jdbc();

    @AutoClose
    private final Connection connection = database.dataSource().getConnection();

    private final Statement session = connection.createStatement();

    OldestTransactionTest() throws SQLException {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                "begin; insert into chat.channel (name) values ('half')",
                "begin isolation level repeatable read; select from chat.channel",
                "begin; declare half_read cursor for select from chat.channel",
            })
    void what_has_written_or_holds_a_snapshot_counts_from_its_beginning(String statements) throws SQLException {
        for (var each : statements.split("; ")) session.execute(each);
        assertThat(isTrue("select ops.oldest_transaction_age() = now() - xact_start from pg_stat_activity"
                        + " where datname = current_database() and state = 'idle in transaction'"))
                .isTrue();
        assertThat(isTrue("select ops.oldest_transaction_age() > interval '0'")).isTrue();
        session.execute("rollback");
        assertThat(nothingIsOld()).isTrue();
    }

    @Test
    void what_has_done_neither_is_in_nobody_s_way() throws SQLException {
        session.execute("begin");
        assertThat(isTrue("select count(*) = 1 from pg_stat_activity"
                        + " where datname = current_database() and state = 'idle in transaction'"))
                .isTrue();
        assertThat(nothingIsOld()).isTrue();
    }

    @Test
    void a_prepared_transaction_counts_that_waits_for_its_end() throws SQLException {
        session.execute("begin");
        session.execute("insert into chat.channel (name) values ('half')");
        session.execute("prepare transaction 'forgotten'");
        assertThat(isTrue("select ops.oldest_transaction_age() = now() - prepared from pg_prepared_xacts"))
                .isTrue();
        session.execute("rollback prepared 'forgotten'");
        assertThat(nothingIsOld()).isTrue();
    }

    @Test
    void a_vacuum_does_not_count_however_long_it_takes() throws SQLException {
        session.execute("create table many as select n, repeat('x', 100) as pages from generate_series(1, 50000) n");
        session.execute("set vacuum_cost_delay = '100ms'");
        session.execute("set vacuum_cost_limit = 1");
        var vacuum = CompletableFuture.runAsync(() -> {
            try {
                session.execute("vacuum many");
            } catch (SQLException cancelled) {
                assertThat(cancelled.getSQLState()).isEqualTo("57014");
            }
        });
        while (!isTrue("select exists (select from pg_stat_progress_vacuum v join pg_stat_activity a using (pid)"
                + " where v.datname = current_database() and a.backend_xmin is not null)")) {
            assertThat(vacuum).isNotDone();
            Thread.onSpinWait();
        }
        assertThat(nothingIsOld()).isTrue();
        assertThat(vacuum).as("it takes minutes").isNotDone();
        isTrue("select pg_cancel_backend(pid) from pg_stat_progress_vacuum where datname = current_database()");
        vacuum.join();
    }

    /** As on a server of one's own, where Holdfast's user is no superuser. */
    @Test
    void sessions_of_others_are_seen_once_the_logins_are_made() throws Exception {
        var ordinary = "ordinary_" + UUID.randomUUID().toString().substring(0, 8);
        jdbc.sql("create role " + ordinary).update();
        jdbc.sql("alter schema chat owner to " + ordinary).update();
        jdbc.sql("alter function ops.oldest_transaction_age() owner to " + ordinary)
                .update();
        session.execute("begin");
        session.execute("insert into chat.channel (name) values ('half')");
        assertThat(nothingIsOld()).isTrue();
        makeLogins();
        assertThat(nothingIsOld()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "dashboard"})
    void a_login_for_people_sits_in_no_transaction_for_long(String login) throws Exception {
        makeLogins();
        jdbc.sql("alter role " + login + " password 'secret'").update();
        var person = new TestDatabase(database.host(), database.port(), database.name(), login, "secret").jdbc();
        assertThat(person.sql("show idle_in_transaction_session_timeout")
                        .query(String.class)
                        .single())
                .isEqualTo("5min");
    }

    private boolean nothingIsOld() {
        return isTrue("select ops.oldest_transaction_age() = interval '0'");
    }

    private boolean isTrue(String sql) {
        return jdbc.sql(sql).query(Boolean.class).single();
    }

    private void makeLogins() throws IOException, SQLException {
        try (var superuser = database.dataSource().getConnection();
                var statement = superuser.createStatement()) {
            statement.execute(Files.readString(Path.of("..", "ops", "sql", "logins.sql")));
        }
    }
}
