package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Least privilege: what the web and the workers may do, and what they may not. */
class RolesTest {

    @AutoClose
    private final Chat chat = new Chat();

    @Test
    void the_web_posts_reads_stops_and_retries() {
        chat.post("mira", "@ada?");
        for (String sql : List.of(
                "select * from chat.post_message(gen_random_uuid(), (select id from chat.channel), (select id from chat.account where handle = 'mira'), 'hello @ada', null)",
                "select chat.history(id, null, 10) from chat.channel",
                "select chat.changes(id, 0) from chat.channel",
                "select chat.stop(message_id, person_id) from chat.generation limit 1",
                "select chat.retry(message_id, person_id) from chat.generation limit 1",
                "select chat.edit_message(asked_by_message, person_id, 'edited') from chat.generation limit 1",
                "select chat.delete_message(asked_by_message, person_id) from chat.generation limit 1",
                "select * from chat.credential",
                "select * from chat.session")) {
            assertThat(as("holdfast_web", sql)).as(sql).isEqualTo("allowed");
        }
    }

    @Test
    void the_web_runs_nothing() {
        for (String sql : List.of(
                "select chat.register_worker('x', 1)",
                "select * from chat.claim(1, 1, '1 second')",
                "select * from chat.heartbeat(1, '{}', '{}', '1 second')",
                "select * from chat.reap()",
                "select * from chat.start_thinking('{}', '{}')",
                "select * from chat.start_streaming('{}', '{}')",
                "select * from chat.show_status('{}', '{}', 'thinking')",
                "select * from chat.append_chunks(1, '{}', '{}', '{}', '{}', '{}')",
                "select * from chat.durable(1, '{}', '{}')",
                "select * from chat.complete(1, '{}', '{}', '{}', '{}', '{}')",
                "select chat.fail(1, null, 1, '', '', null, '', true)",
                "select chat.release(1, '{}', '{}', '{}')",
                "select chat.leave_running('{}', '', '', '', '', '', null, true, '')",
                "select chat.start_drain(1)",
                "select chat.unregister_worker(1)",
                "select * from chat.context(1, 1)",
                "select chat.set_context(1, 1, '{}')",
                "update chat.generation set state = 'queued'",
                "update chat.message set content = ''",
                "delete from chat.message",
                "insert into chat.chunk values (gen_random_uuid(), 1, 0, 'x')",
                "delete from chat.audit")) {
            assertThat(as("holdfast_web", sql)).as(sql).startsWith("42501");
        }
    }

    @Test
    void a_worker_works() {
        chat.post("mira", "@ada?");
        for (String sql : List.of(
                "select chat.register_worker('x', 1)",
                "select * from chat.claim((select max(id) from chat.worker), 1, '1 second')",
                "select * from chat.heartbeat(1, '{}', '{}', '1 second')",
                "select * from chat.reap()",
                "select * from chat.context(1, 10)",
                "select chat.set_context(1, 1, '{}')",
                "select * from chat.start_thinking('{}', '{}')",
                "select * from chat.start_streaming('{}', '{}')",
                "select * from chat.append_chunks(1, (select array_agg(message_id) from chat.generation), '{1}', '{null}', '{0}', '{x}')",
                "select * from chat.durable(1, '{}', '{}')",
                "select * from chat.complete(1, (select array_agg(message_id) from chat.generation), '{1}', '{@ada}', '{1}', '{1}')",
                "select chat.fail(1, gen_random_uuid(), 1, '', '', null, '', true)",
                "select chat.release(1, '{}', '{}', '{}')",
                "select chat.start_drain(1), chat.unregister_worker(1)",
                "select ops.oldest_transaction_age()",
                "select * from chat.agent")) {
            assertThat(as("holdfast_worker", sql)).as(sql).isEqualTo("allowed");
        }
    }

    @Test
    void a_worker_sees_no_password_no_session_and_changes_no_row_by_itself() {
        for (String sql : List.of(
                "select * from chat.credential",
                "select * from chat.session",
                "select * from chat.session_attributes",
                "select * from chat.invite",
                "insert into chat.message (channel_id, author_id, content) select id, id, '' from chat.channel",
                "update chat.generation set state = 'queued'",
                "update chat.agent set paused = true",
                "insert into chat.chunk values (gen_random_uuid(), 1, 0, 'x')",
                "select chat.post('general', 'mira', 'x')",
                "select chat.stop(gen_random_uuid(), gen_random_uuid())",
                "select chat.history(id, null, 10) from chat.channel")) {
            assertThat(as("holdfast_worker", sql)).as(sql).startsWith("42501");
        }
    }

    @Test
    void nothing_is_open_to_everybody() {
        chat.run("create role nobody_at_all nologin");
        try {
            assertThat(chat.jdbc.sql("""
                    select p.oid::regprocedure::text from pg_proc p
                    where p.pronamespace in ('chat'::regnamespace, 'ops'::regnamespace) and has_function_privilege('nobody_at_all', p.oid, 'execute')
                    union all
                    select c.oid::regclass::text from pg_class c
                    where c.relnamespace in ('chat'::regnamespace, 'ops'::regnamespace) and c.relkind in ('r', 'v') and has_table_privilege('nobody_at_all', c.oid, 'select')
                    """).query(String.class).list()).isEmpty();
        } finally {
            chat.run("drop role nobody_at_all");
        }
    }

    @Test
    void the_grants_run_again_with_every_build() {
        var database = TestPostgres.create();
        database.jdbc()
                .sql("create function chat.newcomer() returns int language sql return 1")
                .update();
        database.jdbc()
                .sql("revoke all on function chat.newcomer() from public")
                .update();
        OtherBuild.later(database.dataSource()).migrate();
        assertThat(database.jdbc()
                        .sql("select has_function_privilege('holdfast_web', 'chat.newcomer()', 'execute')")
                        .query(Boolean.class)
                        .single())
                .isTrue();
    }

    /** allowed, or why not; the statement's work is kept. */
    private String as(String role, String sql) {
        try (Connection connection = chat.pool().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("set role " + role);
            try {
                statement.execute(sql);
                return "allowed";
            } catch (java.sql.SQLException refused) {
                return refused.getSQLState() + " " + refused.getMessage();
            } finally {
                statement.execute("reset role");
            }
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
