package dev.holdfast.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.ArrayList;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A channel's past, page by page, and what changed in it. */
class ReadingOverHttpTest {

    private static WebApp app;
    private static Browser ada;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        ada = app.administrator();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void history_pages_back_newest_first_without_gap_or_overlap() {
        var channel = ada.makeChannel("paged", true);
        for (int i = 1; i <= 7; i++) {
            ada.write(channel, "message " + i).mustBe(201);
        }
        var seen = new ArrayList<String>();
        String before = "";
        for (int page = 0; page < 3; page++) {
            for (var message :
                    ada.get(path(channel) + "?limit=3" + before).mustBe(200).json()) {
                seen.add(message.path("content").stringValue());
                before = "&before=" + message.path("position").longValue();
            }
        }
        assertThat(seen)
                .containsExactly(
                        "message 7", "message 6", "message 5", "message 4", "message 3", "message 2", "message 1");
    }

    @Test
    void the_link_of_a_page_leads_to_the_next_and_ends_with_the_last_whatever_was_edited() {
        var channel = ada.makeChannel("linked", true);
        var written = new ArrayList<String>();
        for (int i = 1; i <= 6; i++) {
            written.add(ada.write(channel, "message " + i)
                    .mustBe(201)
                    .json()
                    .path("id")
                    .stringValue());
        }
        ada.patch("/api/messages/" + written.get(3), "{\"content\": \"edited\"}")
                .mustBe(200);
        var seen = new ArrayList<String>();
        String next = path(channel) + "?limit=3";
        for (int page = 0; page < 2; page++) {
            var answer = ada.get(next).mustBe(200);
            answer.json().forEach(message -> seen.add(message.path("id").stringValue()));
            next = next(answer);
        }
        assertThat(seen.reversed()).isEqualTo(written);
        assertThat(next).as("after the last page").isEmpty();
        assertThat(ada.get(path(ada.makeChannel("linked-to-nothing", true)))
                        .mustBe(200)
                        .header("Link"))
                .isEmpty();
    }

    /** Six characters of JSON for each of these, of which the driver takes 20 MB. */
    @Test
    void a_channel_of_the_longest_messages_is_read_in_pages_and_batches_of_what_the_driver_takes() {
        var channel = ada.makeChannel("long", true);
        app.jdbc().sql("""
                insert into chat.message (channel_id, author_id, content)
                select c.id, c.created_by, n || repeat(chr(1), 65000) from chat.channel c, generate_series(1, 100) n where c.id = ?::uuid
                """).param(channel).update();
        var paged = new ArrayList<Long>();
        for (String next = path(channel) + "?limit=200"; !next.isEmpty(); ) {
            var answer = ada.get(next).mustBe(200);
            answer.json().forEach(message -> paged.add(message.path("seq").longValue()));
            next = next(answer);
        }
        assertThat(paged.reversed())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 100).boxed().toList());
        var caughtUp = new ArrayList<Long>();
        for (long after = 0; after < 100; ) {
            var changes = ada.get("/api/channels/" + channel + "/changes?after=" + after)
                    .mustBe(200)
                    .json();
            changes.path("messages")
                    .forEach(message -> caughtUp.add(message.path("seq").longValue()));
            after = changes.path("seq").longValue();
        }
        assertThat(caughtUp).isEqualTo(paged.reversed());
    }

    private static String next(Browser.Answer answer) {
        return answer.header("Link")
                .map(link -> link.replaceFirst("^<(/[^>]+)>; rel=\"next\"$", "$1"))
                .orElse("");
    }

    @Test
    void changes_take_a_client_from_its_seq_to_now() {
        var channel = ada.makeChannel("changing", true);
        var first = ada.write(channel, "one").json();
        ada.write(channel, "two").mustBe(201);
        ada.patch("/api/messages/" + first.path("id").stringValue(), "{\"content\": \"one, edited\"}")
                .mustBe(200);
        var changes = ada.get("/api/channels/" + channel + "/changes?after=2")
                .mustBe(200)
                .json();
        assertThat(changes.path("after").longValue()).isEqualTo(2);
        assertThat(changes.path("seq").longValue()).isEqualTo(3);
        assertThat(changes.path("messages")).hasSize(1);
        assertThat(changes.path("messages").get(0).path("content").stringValue())
                .isEqualTo("one, edited");
        assertThat(changes.path("text")).isEmpty();
    }

    @Test
    void whoever_has_seen_what_the_channel_lacks_is_told_to_begin_anew() {
        var channel = ada.makeChannel("put-back", true);
        var one = ada.write(channel, "one").json().path("id").stringValue();
        var two = ada.write(channel, "two").json().path("id").stringValue();
        ada.write(channel, "three").mustBe(201);
        var changes = "/api/channels/" + channel + "/changes?after=2&seen=";
        assertThat(ada.get(changes + two + "," + one)
                        .mustBe(200)
                        .json()
                        .path("seq")
                        .longValue())
                .isEqualTo(3);
        assertThat(ada.get(changes).mustBe(200).json().path("seq").longValue()).isEqualTo(3);
        var anew = ada.get(changes + two + "," + UUID.randomUUID()).mustBe(200).json();
        assertThat(anew.path("seq").longValue()).isZero();
        assertThat(anew.path("messages")).isEmpty();
        assertThat(ada.get(changes + "seven").mustBe(400).detail()).contains("seen");
    }

    private static String path(String channel) {
        return "/api/channels/" + channel + "/messages";
    }
}
