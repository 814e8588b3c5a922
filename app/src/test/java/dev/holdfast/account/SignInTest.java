package dev.holdfast.account;

import dev.holdfast.testing.WebApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SignInTest {

    private static WebApp app;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        app.administrator();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void me_tells_who_is_signed_in() {
        var me = app.administrator().get("/api/me").mustBe(200).json();
        assertThat(me.path("handle").stringValue()).isEqualTo("ada");
        assertThat(me.path("role").stringValue()).isEqualTo("administrator");
    }
}
