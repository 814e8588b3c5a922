package dev.holdfast.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What load balancers and Prometheus ask on the management port. */
class HealthTest {

    private static WebApp app;
    private static Browser management;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        app.administrator()
                .post("/api/agents", "{\"handle\": \"mo\", \"provider\": \"guide\", \"model\": \"guide\"}")
                .mustBe(201);
        management = new Browser(app.managementPort());
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void liveness_and_readiness_are_groups_of_their_own() {
        assertThat(management
                        .get("/actuator/health/liveness")
                        .mustBe(200)
                        .json()
                        .path("status")
                        .stringValue())
                .isEqualTo("UP");
        var ready = management.get("/actuator/health/readiness").mustBe(200).json();
        assertThat(ready.path("components").propertyNames())
                .containsExactlyInAnyOrder("readinessState", "database", "migrations");
    }

    @Test
    void without_its_listen_connection_a_process_stays_ready() {
        app.mustBecomeReady();
        var ours = app.database();
        var server = new TestDatabase(ours.host(), ours.port(), "postgres", ours.user(), ours.password()).jdbc();
        server.sql("alter database " + ours.name() + " allow_connections false").update();
        try {
            server.sql(
                            "select pg_terminate_backend(pid) from pg_stat_activity where datname = ? and application_name = 'holdfast listener'")
                    .param(ours.name())
                    .query(Boolean.class)
                    .list();
            await().until(() -> management.get("/actuator/health").status() == 503);
            management.get("/actuator/health/readiness").mustBe(200);
        } finally {
            server.sql("alter database " + ours.name() + " allow_connections true")
                    .update();
        }
        app.mustBecomeReady();
    }

    @Test
    void the_queue_is_measured_with_one_query_a_scrape() throws InterruptedException {
        var channel = app.administrator().channel("general");
        app.administrator().write(channel, "@mo hello").mustBe(201);
        String scrape = "";
        // the scrape that first sees an agent may show only a part of its numbers
        for (var tries = 0;
                tries < 50
                        && !(scrape.contains("holdfast_queue_depth{agent=\"mo\",state=\"queued\"} 1.0")
                                && scrape.contains("holdfast_queue_oldest_age_seconds{agent=\"mo\"}"));
                tries++) {
            Thread.sleep(200);
            scrape = management.get("/actuator/prometheus").mustBe(200).body();
        }
        assertThat(scrape)
                .contains(
                        "holdfast_queue_depth{agent=\"mo\",state=\"queued\"} 1.0",
                        "holdfast_queue_oldest_age_seconds{agent=\"mo\"}",
                        "holdfast_queue_depth{agent=\"mo\",state=\"running\"} 0.0",
                        "holdfast_queue_depth{agent=\"mo\",state=\"failed\"} 0.0");
        assertThat(scrape)
                .contains("holdfast_feed_clients", "holdfast_listener_connected", "holdfast_notify_queue_usage");
    }

    @Test
    void the_management_port_serves_nothing_else() {
        for (var path : new String[] {
            "/", "/actuator/env", "/actuator/beans", "/actuator/metrics", "/api/me", "/actuator/heapdump"
        }) {
            assertThat(management.get(path).status()).as(path).isIn(401, 403, 404);
        }
    }
}
