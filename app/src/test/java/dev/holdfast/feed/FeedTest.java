package dev.holdfast.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FeedTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    private FeedServer server;
    private String name;
    private UUID mira;
    private UUID channel;

    @BeforeAll
    void start() {
        server = new FeedServer(TestPostgres.create());
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @BeforeEach
    void people() {
        var unique = UUID.randomUUID().toString().substring(0, 8);
        mira = server.account("mira-" + unique);
        name = "room-" + unique;
        channel = server.channel(name, mira);
    }

    private String handle(UUID account) {
        return server.jdbc.sql("select handle from chat.account where id = ?").param(account).query(String.class).single();
    }

    @Test
    void a_message_that_any_sql_writer_posts_reaches_a_browser() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            server.say(name, handle(mira), "good morning");
            browser.await(SOON, store -> store.seq(channel) == 1);
            assertThat(browser.messages(channel).values()).extracting(message -> message.text()).containsExactly("good morning");
            assertThat(browser.resyncs()).isZero();
        }
    }
}
