package dev.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.OtherBuild;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import org.junit.jupiter.api.Test;

/** This build is the older one: a newer has begun to replace it. */
class RollingUpdateTest {

    private final TestDatabase database = TestPostgres.create();

    @Test
    void the_older_processes_stay_ready_and_one_that_starts_again_leaves_the_newer_functions_where_they_are() {
        try (var older = WebApp.startOn(database)) {
            older.mustBecomeReady();
            var later = OtherBuild.later(database.dataSource());
            later.migrate();

            older.bean(MigrationsHealth.class).look();
            assertAnswers(older);
            try (var again = WebApp.startOn(database)) {
                again.mustBecomeReady();
                again.bean(MigrationsHealth.class).look();
                assertAnswers(again);
            }
            assertThat(later.missing()).isEmpty();
            assertThat(database.jdbc()
                            .sql("select pg_get_function_result('chat.incarnation'::regproc)")
                            .query(String.class)
                            .single())
                    .as("as the later build made it")
                    .isEqualTo("character varying");
            assertAnswers(older);
        }
    }

    @Test
    void a_restored_backup_of_an_older_build_is_told_until_a_start_has_brought_it_up_to_date() {
        try (var app = WebApp.startOn(database)) {
            app.mustBecomeReady();
            database.jdbc().sql("drop schema chat, ops cascade").update();
            OtherBuild.earlier(database.dataSource()).migrate();

            app.bean(MigrationsHealth.class).look();
            assertThat(readiness(app).mustBe(503).body()).contains("missing", "Restart a process of this build");
            WebApp.startOn(database).close();
            app.bean(MigrationsHealth.class).look();
            app.mustBecomeReady();
        }
    }

    private static void assertAnswers(WebApp app) {
        readiness(app).mustBe(200);
        var ada = app.administrator();
        ada.write(ada.channel("general"), "still here").mustBe(201);
    }

    private static Browser.Answer readiness(WebApp app) {
        return new Browser(app.managementPort()).get("/actuator/health/readiness");
    }
}
