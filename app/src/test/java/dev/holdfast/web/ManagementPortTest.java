package dev.holdfast.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ManagementPortTest {

    private static WebApp app;
    private static Browser management;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        management = new Browser(app.managementPort());
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void it_serves_health_and_prometheus() {
        app.mustBecomeReady();
        assertThat(management
                        .get("/actuator/health")
                        .mustBe(200)
                        .json()
                        .path("status")
                        .stringValue())
                .isEqualTo("UP");
        management.get("/actuator/health/liveness").mustBe(200);
        var readiness = management.get("/actuator/health/readiness").mustBe(200).json();
        assertThat(readiness.path("components").propertyNames()).contains("database", "migrations", "readinessState");
        assertThat(management.get("/actuator/prometheus").mustBe(200).body()).contains("holdfast_listener_connected");
    }

    @Test
    void liveness_does_not_ask_the_database() {
        assertThat(management
                        .get("/actuator/health/liveness")
                        .json()
                        .path("components")
                        .propertyNames())
                .containsOnly("livenessState");
    }

    @Test
    void it_serves_nothing_else() {
        for (var path : new String[] {
            "/",
            "/index.html",
            "/actuator",
            "/actuator/env",
            "/actuator/beans",
            "/actuator/heapdump",
            "/actuator/sessions",
            "/actuator/metrics",
            "/actuator/loggers",
            "/api/me",
            "/api/channels",
            "/v3/api-docs"
        }) {
            management.get(path).mustBe(404);
        }
    }

    @Test
    void the_page_s_port_has_no_actuator() {
        for (var path : new String[] {"/actuator", "/actuator/health", "/actuator/prometheus"}) {
            app.administrator().get(path).mustBe(404);
        }
    }
}
