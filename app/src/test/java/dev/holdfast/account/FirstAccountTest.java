package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.StartFailure;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.Environment;

@Isolated("what it captures is the whole JVM's")
@ExtendWith(OutputCaptureExtension.class)
class FirstAccountTest {

    private static final String HANDLE = "holdfast.admin-handle=root";

    @Test
    void the_environment_s_account_is_made_once_and_kept() {
        var database = TestPostgres.create();
        try (var app = WebApp.startOn(database, HANDLE, "holdfast.admin-password=from the environment")) {
            assertThat(app.browser().get("/api/setup").json().path("needed").booleanValue())
                    .isFalse();
            assertThat(app.browser()
                            .signIn("root", "from the environment")
                            .mustBe(200)
                            .json()
                            .path("role")
                            .stringValue())
                    .isEqualTo("administrator");
        }
        try (var app = WebApp.startOn(database, HANDLE, "holdfast.admin-password=another one later")) {
            app.browser().signIn("root", "another one later").mustBe(401);
            app.browser().signIn("root", "from the environment").mustBe(200);
        }
    }

    /** The web server listens before the account is made. */
    @Test
    void nobody_is_faster_than_the_environment_s_account() {
        var stranger = "{\"handle\": \"eve\", \"displayName\": \"Eve\", \"password\": \"faster than you\"}";
        var tried = new AtomicBoolean();
        try (var app = WebApp.startAs(
                "web",
                TestPostgres.create(),
                port -> {
                    var browser = new Browser(port);
                    assertThat(browser.get("/api/setup").json().path("needed").booleanValue())
                            .isFalse();
                    assertThat(browser.post("/api/setup", stranger).mustBe(409).detail())
                            .contains("HOLDFAST_ADMIN_HANDLE")
                            .contains("sign in");
                    tried.set(true);
                },
                HANDLE,
                "holdfast.admin-password=from the environment")) {
            assertThat(tried).isTrue();
            app.browser().signIn("root", "from the environment").mustBe(200);
        }
    }

    @Test
    void whoever_was_first_nevertheless_is_told_of(CapturedOutput printed) {
        var database = TestPostgres.create();
        try (var app = WebApp.startOn(database)) {
            app.administrator();
        }
        WebApp.startOn(database, "holdfast.admin-password=left in the environment")
                .close();
        assertThat(printed.toString()).doesNotContain("made no account");
        WebApp.startOn(database, HANDLE, "holdfast.admin-password=from the environment")
                .close();
        assertThat(printed.toString()).containsPattern("WARN.*HOLDFAST_ADMIN_HANDLE made no account @root");
    }

    @Test
    void a_password_that_is_none_stops_the_start_with_a_line_that_names_it() {
        assertThatThrownBy(() ->
                        WebApp.start(HANDLE, "holdfast.admin-password=short").close())
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("HOLDFAST_ADMIN_PASSWORD")
                .hasMessageContaining("8 characters");
    }

    @ParameterizedTest
    @CsvSource({"A da!, is not a handle", "guide, @guide is taken", "'', is not a handle"})
    void a_handle_that_is_none_or_taken_stops_the_start_with_a_line_that_names_it(String handle, String why) {
        assertThatThrownBy(() -> WebApp.start("holdfast.admin-handle=" + handle, "holdfast.admin-password=long enough")
                        .close())
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("HOLDFAST_ADMIN_HANDLE")
                .hasMessageContaining(why);
    }

    @Test
    void a_worker_has_no_rest_and_no_page() {
        try (var app = WebApp.startAs("worker", TestPostgres.create())) {
            app.mustBecomeReady();
            var browser = new Browser(app.managementPort());
            browser.get("/actuator/prometheus").mustBe(200);
            for (var path : new String[] {
                "/", "/index.html", "/api/me", "/api/setup", "/api/feed", "/v3/api-docs", "/actuator/env"
            }) {
                browser.get(path).mustBe(404);
            }
            assertThat(app.bean(Environment.class).getProperty("server.port")).isEqualTo("-1");
        }
    }
}
