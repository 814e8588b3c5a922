package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

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
}
