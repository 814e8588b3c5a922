package dev.holdfast.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.SimulatedBrowser;
import dev.holdfast.testing.WebApp;
import java.net.URI;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The feed behind the product's own sign-in. */
class FeedInTheProgramTest {

    private static final Duration SOON = Duration.ofSeconds(30); // patience with a busy machine, no claim

    @Test
    void a_signed_in_browser_follows_what_others_write_until_it_signs_out() throws Exception {
        try (var app = WebApp.start()) {
            app.administrator();
            var general = app.jdbc()
                    .sql("select id from chat.channel where name = 'general'")
                    .query(UUID.class)
                    .single();
            var server = URI.create("http://127.0.0.1:" + app.port());
            try (var one = new SimulatedBrowser(server)
                            .signIn("ada", WebApp.PASSWORD)
                            .goOnline();
                    var other = new SimulatedBrowser(server)
                            .signIn("ada", WebApp.PASSWORD)
                            .goOnline()) {
                one.await(SOON, store -> store.seq(general) >= 0);
                other.await(SOON, store -> store.seq(general) >= 0);
                var message = other.post(general, "good morning");
                one.await(SOON, store -> store.messages(general).containsKey(message));
                assertThat(one.resyncs()).isLessThanOrEqualTo(1);

                one.signOut();
                var until = System.nanoTime() + Duration.ofSeconds(1).toNanos();
                while (one.connected() && System.nanoTime() < until) Thread.sleep(10);
                assertThat(one.connected()).isFalse();
                var another = other.post(general, "still here");
                other.await(SOON, store -> store.messages(general).containsKey(another));
                assertThat(other.hellos()).isEqualTo(1);
            }
        }
    }

    @Test
    void a_server_that_shuts_down_says_so_and_when_to_come_again() {
        try (var app = WebApp.start()) {
            var ada = app.administrator();
            app.bean(Relay.class).stop();
            var refused = ada.get("/api/feed").mustBe(503);
            assertThat(refused.detail()).contains("shutting down");
            assertThat(refused.header("Retry-After")).hasValue("1");
            assertThat(refused.json().path("retryAfter").intValue()).isEqualTo(1);
        }
    }
}
