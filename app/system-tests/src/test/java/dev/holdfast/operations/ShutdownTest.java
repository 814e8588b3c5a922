package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.FeedStore;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.SimulatedBrowser;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a load balancer sees of a process that is told to end. */
class ShutdownTest {

    @Test
    void it_is_no_longer_ready_while_it_still_answers_and_shows_the_end_of_its_reply() throws Exception {
        var database = TestPostgres.create();
        try (var models = ModelServer.start();
                var process = new HoldfastProcess("shutdown", "all", database.url())
                        .with(models)
                        .with("HOLDFAST_ADMIN_HANDLE", "mira")
                        .with("HOLDFAST_ADMIN_PASSWORD", Running.PASSWORD)
                        .start()) {
            models.on("test-model", Script.says("word ".repeat(60)).pace(10));
            var reader = new SimulatedBrowser(process.uri());
            reader.signIn("mira", Running.PASSWORD).goOnline();
            var browser = new Browser(process.port());
            browser.signIn("mira", Running.PASSWORD).mustBe(200);
            var general = browser.channel("general");
            browser.write(general, "@gpt hello").mustBe(201);
            models.await("the reply's request", served -> true);
            var management = new Browser(process.managementPort());
            process.terminate();
            var until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (management.get("/actuator/health/readiness").status() == 200)
                assertThat(System.nanoTime())
                        .as("it is still ready 5 s after SIGTERM")
                        .isLessThan(until);
            assertThat(management.get("/actuator/health/readiness").status()).isEqualTo(503);
            assertThat(management.get("/actuator/health/liveness").status()).isEqualTo(200);
            assertThat(browser.get("/api/me").status()).isEqualTo(200);
            reader.await(
                    Duration.ofSeconds(60),
                    store -> store.messages(UUID.fromString(general)).values().stream()
                            .anyMatch(ShutdownTest::isReplied));
            assertThat(reader.hellos()).as("feeds that it took").isEqualTo(1);
            process.awaitExit(Duration.ofSeconds(60));
            assertThat(database.jdbc()
                            .sql("select state from chat.generation")
                            .query(String.class)
                            .single())
                    .isEqualTo("completed");
        }
    }

    private static boolean isReplied(FeedStore.Stored message) {
        return message.status().equals("complete") && message.text().startsWith("word word");
    }
}
