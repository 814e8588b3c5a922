package dev.holdfast.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchTest {

    private static WebApp app;
    private static Browser ada;
    private static Browser bob;
    private static String general;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        ada = app.administrator();
        bob = app.member("bob");
        general = ada.channel("general");
        ada.write(general, "The quarterly Report is late").mustBe(201);
        ada.write(general, "Встреча в четверг").mustBe(201);
        ada.write(general, "明日の会議は十時です").mustBe(201);
        ada.write(general, "Über den Wolken, naïve façade").mustBe(201);
        ada.write(general, "see https://example.org/path/to-page?x=1").mustBe(201);
        ada.write(general, "100% sure_thing 'quoted' & (odd) | !marks :*").mustBe(201);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @ParameterizedTest(name = "{0} finds {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    report            | quarterly
                    late REPORT       | quarterly
                    quart             | quarterly
                    eport is          | quarterly
                    четверг           | Встреча
                    会議              | 明日
                    wolken            | Über
                    façade            | Über
                    example.org/path  | example
                    'quoted'          | sure_thing
                    100%              | sure_thing
                    sure_th           | sure_thing
                    :*                | sure_thing
                    """)
    void words_beginnings_and_parts_are_found_in_any_language(String query, String found) {
        assertThat(find(bob, query)).hasSize(1).first().asString().contains(found);
    }

    @Test
    void what_is_not_there_is_not_found() {
        assertThat(find(bob, "zebra")).isEmpty();
        assertThat(find(bob, "%")).as("a percent sign is only itself").hasSize(1);
    }

    @Test
    void others_channels_are_not_searched() {
        var channel = ada.post("/api/channels", "{\"name\": \"secret-plans\", \"private\": true}")
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
        ada.write(channel, "the xylophone is in the cellar").mustBe(201);
        assertThat(find(ada, "xylophone")).hasSize(1);
        assertThat(find(bob, "xylophone")).isEmpty();
        assertThat(find(bob, "ylopho")).isEmpty();
    }

    @Test
    void edits_are_found_and_deleted_messages_are_not() {
        var message =
                ada.write(general, "a marmoset").mustBe(201).json().path("id").stringValue();
        assertThat(find(bob, "marmoset")).hasSize(1);
        ada.patch("/api/messages/" + message, "{\"content\": \"a capybara\"}").mustBe(200);
        assertThat(find(bob, "marmoset")).isEmpty();
        assertThat(find(bob, "capybara")).hasSize(1);
        ada.delete("/api/messages/" + message).mustBe(200);
        assertThat(find(bob, "capybara")).isEmpty();
    }

    @Test
    void the_newest_come_first_and_no_more_than_asked_for() {
        for (int i = 1; i <= 5; i++) {
            ada.write(general, "pangolin number " + i).mustBe(201);
        }
        assertThat(find(bob, "pangolin")).hasSize(5).first().isEqualTo("pangolin number 5");
        assertThat(bob.get("/api/search?q=pangolin&limit=2").mustBe(200).json()).hasSize(2);
    }

    @Test
    void a_search_for_nothing_is_refused() {
        assertThat(bob.get("/api/search").mustBe(400).detail()).contains("q");
        assertThat(bob.get("/api/search?q=%20").mustBe(422).detail()).contains("q");
        assertThat(bob.get("/api/search?q=" + "x".repeat(201)).mustBe(422).detail())
                .contains("200");
        assertThat(bob.get("/api/search?q=a&limit=0").mustBe(422).detail()).contains("limit");
        assertThat(bob.get("/api/search?q=a%00b").mustBe(422).detail()).contains("q");
    }

    /** To look into every text takes the database's time from everybody. */
    @Test
    void parts_of_words_are_looked_for_in_the_newest_4_MB_and_words_everywhere() {
        var channel = ada.post("/api/channels", "{\"name\": \"large\", \"private\": true}")
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
        ada.write(channel, "an echidna behind it all").mustBe(201);
        fill(channel, 35);
        ada.write(channel, "a wombat behind two megabytes").mustBe(201);
        fill(channel, 35);
        assertThat(find(ada, "ombat")).hasSize(1);
        assertThat(find(ada, "chidna")).isEmpty();
        assertThat(find(ada, "echidna")).hasSize(1);
        assertThat(find(ada, "echid")).hasSize(1);
    }

    /** So many messages of 60 kB, each a moment after the one before. */
    private static void fill(String channel, int messages) {
        app.jdbc().sql("""
                insert into chat.message (channel_id, author_id, content, created_at)
                select c.id, c.created_by, repeat('x', 60000), clock_timestamp() from chat.channel c, generate_series(1, ?)
                where c.id = ?::uuid
                """).params(messages, channel).update();
    }

    /** Three of one person, and all that others do beside them. */
    @Test
    void two_searches_of_a_person_run_at_once_for_five_seconds_at_most() throws Exception {
        var searches = app.jdbc()
                .sql("select pg_get_functiondef('chat.search(uuid, text, integer)'::regprocedure)")
                .query(String.class)
                .single();
        app.jdbc().sql("""
                create or replace function chat.search(account uuid, query text, max integer) returns json
                language sql as $$ select to_json(array[pg_sleep(30)::text]) $$""").update();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var began = System.nanoTime();
            var both = List.of(
                    threads.submit(() -> bob.get("/api/search?q=one")),
                    threads.submit(() -> bob.get("/api/search?q=two")));
            await().atMost(Duration.ofSeconds(4)).until(() -> sleeping() == 2);
            var refused = bob.get("/api/search?q=three").mustBe(429);
            assertThat(refused.detail()).contains("Two of your searches");
            assertThat(refused.header("Retry-After")).contains("1");
            var others = threads.submit(() -> ada.get("/api/search?q=four"));
            await().atMost(Duration.ofSeconds(4)).until(() -> sleeping() == 3);
            ada.get("/api/channels").mustBe(200);
            for (var search : both) {
                assertThat(search.get().mustBe(503).detail()).contains("too long", "longer words");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(12));
            others.get().mustBe(503);
        } finally {
            app.jdbc().sql(searches).update();
        }
        assertThat(find(bob, "quarterly")).hasSize(1);
    }

    private static int sleeping() {
        return app.jdbc()
                .sql(
                        "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'")
                .query(Integer.class)
                .single();
    }

    private static List<String> find(Browser browser, String query) {
        var found = new ArrayList<String>();
        for (var message : browser.get("/api/search?q=" + URLEncoder.encode(query, StandardCharsets.UTF_8))
                .mustBe(200)
                .json()) {
            found.add(message.path("content").stringValue());
        }
        return found;
    }
}
