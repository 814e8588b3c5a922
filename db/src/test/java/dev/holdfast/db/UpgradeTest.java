package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres.TestDatabase;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A database that an earlier release has made. */
class UpgradeTest {

    @Test
    void a_file_of_functions_that_has_gone_since_doesnt_stop_the_start() {
        var database = TestPostgres.create();
        database.jdbc().sql("""
                insert into chat.flyway_history (installed_rank, description, type, script, checksum, installed_by, execution_time, success)
                select max(installed_rank) + 1, '90 ops views', 'SQL', 'R__90_ops_views.sql', 1, 'postgres', 1, true from chat.flyway_history
                """).update();
        new Migrations(database.dataSource()).migrate();
        assertThat(database.jdbc()
                        .sql("select count(*) from ops.queue")
                        .query(Integer.class)
                        .single())
                .isZero();
    }

    @Test
    void text_that_was_streamed_before_an_upgrade_is_there_after_it() {
        var database = madeAt("020");
        var jdbc = database.jdbc();
        runningReply(jdbc);
        jdbc.sql(
                        "insert into chat.chunk (message_id, fence, start_at, text) select id, 1, 0, 'Hello Mira' from chat.message")
                .update();

        new Migrations(database.dataSource()).migrate();

        var reply = jdbc.sql("select (chat.changes(id, 0) -> 'text' -> 0 ->> 'text') from chat.channel")
                .query(String.class)
                .single();
        assertThat(reply).isEqualTo("Hello Mira");
    }

    @Test
    void one_that_waits_with_its_attempts_used_up_is_given_another_and_stops_no_claim() {
        var database = madeAt("040");
        var jdbc = database.jdbc();
        runningReply(jdbc);
        jdbc.sql("update chat.generation set state = 'queued', lease_until = null, max_attempts = 1")
                .update();

        new Migrations(database.dataSource()).migrate();

        assertThat(jdbc.sql(
                                "select attempt || ' of ' || max_attempts from chat.register_worker('test', 1) w, chat.claim(w, 1, '10 seconds')")
                        .query(String.class)
                        .single())
                .isEqualTo("2 of 2");
    }

    /** A database as the migrations up to this one made it, without functions: today's want today's tables. */
    private static TestDatabase madeAt(String version) {
        var database = TestPostgres.createEmpty();
        Flyway.configure()
                .configuration(new Migrations(database.dataSource()).flyway().getConfiguration())
                .repeatableSqlMigrationPrefix("none")
                .target(version)
                .load()
                .migrate();
        return database;
    }

    private static void runningReply(JdbcClient jdbc) {
        jdbc.sql("""
                with ada as (
                  insert into chat.account (handle, display_name, kind) values ('ada', 'Ada', 'agent') returning id
                ), agent as (
                  insert into chat.agent (account_id, provider, model) select id, 'guide', 'guide' from ada
                ), general as (
                  insert into chat.channel (name, seq) values ('general', 1) returning id
                ), reply as (
                  insert into chat.message (channel_id, author_id, content, status, seq, position)
                  select general.id, ada.id, '', 'streaming', 1, 1 from general, ada
                  returning id, channel_id, author_id
                )
                insert into chat.generation (message_id, asked_by_message, agent_id, channel_id, person_id,
                  state, attempt, fence, worker_id, lease_until, claimed_at)
                select id, id, author_id, channel_id, author_id, 'running', 1, 1, 1, now() + interval '1 minute', now() from reply
                """).update();
    }
}
