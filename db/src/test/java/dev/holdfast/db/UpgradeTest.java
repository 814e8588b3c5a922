package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** A database that an earlier release has made. */
class UpgradeTest {

    @Test
    void a_file_of_functions_that_has_gone_since_doesnt_stop_the_start() {
        var database = TestPostgres.create();
        database.jdbc().sql("""
                insert into chat.flyway_history (installed_rank, description, type, script, checksum, installed_by, execution_time, success)
                select max(installed_rank) + 1, '90 ops views', 'SQL', 'R__90_ops_views.sql', 1, 'postgres', 1, true from chat.flyway_history
                """).update();
        Migrations.flyway(database.dataSource()).migrate();
        assertThat(database.jdbc()
                        .sql("select count(*) from ops.queue")
                        .query(Integer.class)
                        .single())
                .isZero();
    }

    @Test
    void text_that_was_streamed_before_an_upgrade_is_there_after_it() {
        var database = TestPostgres.createEmpty();
        var flyway = Migrations.flyway(database.dataSource());
        Flyway.configure()
                .configuration(flyway.getConfiguration())
                .repeatableSqlMigrationPrefix("none") // today's functions want today's tables
                .target("020")
                .load()
                .migrate();
        var jdbc = database.jdbc();
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
                ), generation as (
                  insert into chat.generation (message_id, asked_by_message, agent_id, channel_id, person_id,
                    state, attempt, fence, worker_id, lease_until, claimed_at)
                  select id, id, author_id, channel_id, author_id, 'running', 1, 1, 1, now() + interval '1 minute', now() from reply
                )
                insert into chat.chunk (message_id, fence, start_at, text) select id, 1, 0, 'Hello Mira' from reply
                """).update();

        flyway.migrate();

        var reply = jdbc.sql("select (chat.changes(id, 0) -> 'text' -> 0 ->> 'text') from chat.channel")
                .query(String.class)
                .single();
        assertThat(reply).isEqualTo("Hello Mira");
    }
}
