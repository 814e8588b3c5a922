package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** holdfast_ops and holdfast_readonly may do what they are for; every other operation is denied. */
class OpsRolesTest {

    // one database for all: nearly every call is denied, and leaves nothing behind
    @AutoClose
    private static final QueueFixture QUEUE = new QueueFixture();

    private final String login = "login_" + UUID.randomUUID().toString().substring(0, 8);
    private Connection connection;
    private JdbcClient jdbc;

    @BeforeEach
    void connect() throws SQLException {
        QUEUE.failed("@ada one");
        QUEUE.jdbc.sql("create role " + login + " login password 'secret'").update();
        connection = QUEUE.database.dataSource().getConnection();
        jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, true));
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
        QUEUE.jdbc.sql("drop role " + login).update();
    }

    private void become(String role) {
        QUEUE.jdbc.sql("grant " + role + " to " + login).update();
        jdbc.sql("set session authorization " + login).update();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select count(*) from ops.queue", "select count(*) from ops.generations",
                        "select count(*) from ops.stuck",
                "select count(*) from ops.throughput", "select count(*) from ops.workers",
                        "select count(*) from ops.audit",
            })
    void both_read_every_view(String select) {
        become("holdfast_readonly");
        assertThatCode(() -> jdbc.sql(select).query(Long.class).single()).doesNotThrowAnyException();
        jdbc.sql("reset session authorization").update();
        QUEUE.jdbc.sql("revoke holdfast_readonly from " + login).update();
        become("holdfast_ops");
        assertThatCode(() -> jdbc.sql(select).query(Long.class).single()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select ops.retry(1)",
                "select ops.retry_all(array[1]::bigint[])",
                "select ops.retry_failed('ada', interval '1 day')",
                "select ops.cancel(id) from ops.generations where state = 'queued'",
                "select ops.cancel_all(array[1]::bigint[])",
                "select ops.pause_agent('ada')",
                "select ops.resume_agent('ada')",
                "select ops.drain_worker('web-1')",
                "select ops.resume_worker('web-1')",
                "select ops.oldest_transaction_age()",
            })
    void ops_may_call_every_function_and_readonly_none(String call) {
        become("holdfast_ops");
        assertThatCode(() -> jdbc.sql(call).query().listOfRows()).doesNotThrowAnyException();
        jdbc.sql("reset session authorization").update();
        QUEUE.jdbc.sql("revoke holdfast_ops from " + login).update();
        become("holdfast_readonly");
        denied(call);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select content from chat.message",
                "select password_hash from chat.credential",
                "select * from chat.session",
                "select * from chat.generation",
                "select * from chat.chunk",
                "select * from chat.account",
                "select * from chat.invite",
                "update chat.generation set state = 'queued'",
                "delete from chat.message",
                "insert into chat.audit (actor, action, subject) values ('a', 'b', 'c')",
                "delete from chat.audit",
                "update chat.audit set actor = 'nobody'",
                "update chat.agent set paused = true",
                "delete from ops.audit",
                "select chat.post('general', 'mira', 'forged')",
                "select chat.retry(null, null)",
                "select chat.cancel(1)",
                "select * from chat.claim(1, 1, interval '1 second')",
                "select chat.history(null, null, 1)",
                "select ops.write_audit('x', array['y'], array['{}'::jsonb])",
                "select chat.requeue(array[1]::bigint[], 0)",
                "select ops.run_again(array[1]::bigint[], 'x', false)",
                "select ops.end_now(array[1]::bigint[], false)",
                "select ops.set_draining('web-1', true)",
                "select ops.set_paused('ada', true)",
                "select ops.audit_generations('x', '[]', 'y')",
                "select ops.reset_password('mira')",
                "create table ops.mine (id int)",
                "create table chat.mine (id int)",
            })
    void everything_else_is_denied_to_both(String statement) {
        become("holdfast_readonly");
        denied(statement);
        jdbc.sql("reset session authorization").update();
        QUEUE.jdbc.sql("revoke holdfast_readonly from " + login).update();
        become("holdfast_ops");
        denied(statement);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from ops.generations",
                "select * from ops.stuck",
                "select * from ops.audit",
                "select ops.retry(1)",
                "select ops.cancel(1)",
                "select ops.pause_agent('ada')",
                "select ops.drain_worker('web-1')",
                "select ops.reset_password('mira')",
                "select password_hash from chat.credential",
                "select * from chat.session",
                "select * from chat.invite",
            })
    void a_worker_repairs_nothing_and_reads_no_secrets(String statement) {
        become("holdfast_worker");
        denied(statement);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from chat.claim(1, 1, interval '1 second')",
                "select chat.register_worker('rogue', 1)",
                "select * from chat.reap()",
                "select chat.fail(1, gen_random_uuid(), 1, 'e', 'c', null, null, true)",
                "update chat.generation set state = 'queued'",
                "select * from chat.append_chunks(1, '{}', '{}', '{}', '{}', '{}')",
                "select * from chat.complete(1, '{}', '{}', '{}', '{}', '{}')",
            })
    void the_web_runs_nothing_itself(String statement) {
        become("holdfast_web");
        denied(statement);
    }

    @Test
    void nobody_without_a_role_sees_anything() {
        jdbc.sql("set session authorization " + login).update();
        denied("select * from ops.queue");
        denied("select ops.retry(1)");
        denied("select ops.pause_agent('ada')");
    }

    @Test
    void only_the_web_may_speak_for_an_account() {
        QUEUE.jdbc.sql("update chat.agent set paused = false").update();
        QUEUE.jdbc.sql("delete from chat.audit").update();
        become("holdfast_ops");
        jdbc.sql("set holdfast.actor = 'mira'").update();
        jdbc.sql("select ops.pause_agent('ada')").query().listOfRows();
        assertThat(jdbc.sql("select actor from ops.audit").query(String.class).single())
                .isEqualTo(login);
    }

    /** There the web goes on as the owner, who may not become holdfast_web. */
    @Test
    void the_web_speaks_for_an_account_also_where_the_roles_are_not_the_owner_s() throws SQLException {
        var owned = TestPostgres.server().ordinary();
        new Migrations(owned.dataSource()).migrate();
        try (Connection web = owned.dataSource().getConnection()) {
            var owner = JdbcClient.create(new SingleConnectionDataSource(web, true));
            owner.sql("""
                    with ada as (
                      insert into chat.account (handle, display_name, kind) values ('ada', 'Ada', 'agent') returning id
                    )
                    insert into chat.agent (account_id, provider, model) select id, 'openai', 'm' from ada
                    """).update();
            owner.sql("set holdfast.actor = 'mira'").update();
            owner.sql("select ops.pause_agent('ada')").query().listOfRows();
            assertThat(owner.sql("select actor from ops.audit")
                            .query(String.class)
                            .single())
                    .isEqualTo("mira");
        }
    }

    private void denied(String statement) {
        assertThatThrownBy(() -> jdbc.sql(statement).query().listOfRows())
                .as(statement)
                .rootCause()
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
    }
}
