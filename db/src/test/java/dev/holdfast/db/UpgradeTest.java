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
                .target("020")
                .load()
                .migrate();
        var jdbc = database.jdbc();
        jdbc.sql("""
                with ada as (
                  insert into chat.account (handle, display_name, kind) values ('ada', 'Ada', 'agent') returning id
                )
                insert into chat.agent (account_id, provider, model) select id, 'guide', 'guide' from ada
                """).update();
        jdbc.sql("insert into chat.account (handle, display_name) values ('mira', 'Mira')")
                .update();
        jdbc.sql("insert into chat.channel (name) values ('general')").update();
        jdbc.sql(
                        "insert into chat.membership (channel_id, account_id) select c.id, a.id from chat.channel c, chat.account a")
                .update();
        jdbc.sql("select chat.post('general', 'mira', 'Hello @ada')").query().singleRow();
        jdbc.sql("select fence from chat.claim(chat.register_worker('before', 1), 1, interval '1 minute')")
                .query()
                .singleRow();
        jdbc.sql("""
                select chat.append_chunks(worker_id, array[message_id], array[fence], array[null::integer], array[0], array['Hello Mira'])
                from chat.generation
                """).query().listOfRows();

        flyway.migrate();

        var reply = jdbc.sql("select (chat.changes(id, 0) -> 'text' -> 0 ->> 'text') from chat.channel")
                .query(String.class)
                .single();
        assertThat(reply).isEqualTo("Hello Mira");
    }
}
