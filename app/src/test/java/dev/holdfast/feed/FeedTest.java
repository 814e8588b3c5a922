package dev.holdfast.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.FeedStore;
import dev.holdfast.testing.SimulatedBrowser;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.JdbcTemplate;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FeedTest {

    private static final Duration SOON = Duration.ofSeconds(30); // patience with a busy machine, no claim
    private static final Duration BEFORE_THE_POLL =
            Duration.ofSeconds(2); // which every 5 s would find it anyway, at any moment

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
        return server.jdbc
                .sql("select handle from chat.account where id = ?")
                .param(account)
                .query(String.class)
                .single();
    }

    @Test
    void a_message_that_any_sql_writer_posts_reaches_a_browser() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            server.say(name, handle(mira), "good morning");
            browser.await(SOON, store -> store.seq(channel) == 1);
            assertThat(browser.messages(channel).values())
                    .extracting(message -> message.text())
                    .containsExactly("good morning");
            assertThat(browser.resyncs()).isZero();
        }
    }

    @Test
    void hello_lists_my_channels_and_nobody_elses() throws Exception {
        var other = server.channel("other-" + name);
        server.say(name, handle(mira), "one");
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 1);
            assertThat(browser.seq(other)).isEqualTo(-1);
            assertThat(browser.messages(channel)).hasSize(1);
        }
    }

    @Test
    void the_stream_is_neither_kept_nor_buffered_nor_compressed_on_its_way() throws Exception {
        try (var socket = RawFeed.open(server, mira, "Accept-Encoding: gzip")) {
            assertThat(socket.head())
                    .contains("HTTP/1.1 200", "text/event-stream", "Cache-Control: no-cache", "X-Accel-Buffering: no")
                    .doesNotContainIgnoringCase("content-encoding");
            assertThat(socket.line()).startsWith("retry: ");
            assertThat(socket.line()).isEqualTo("event: hello");
        }
    }

    @Test
    void without_a_sign_in_there_is_no_feed() {
        assertThat(new SimulatedBrowser(server.uri()).get("/api/feed").statusCode())
                .isEqualTo(401);
    }

    @Test
    void a_reply_grows_by_what_was_appended_and_ends_as_it_was_folded() throws Exception {
        var pen = pen();
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            server.say(name, handle(mira), "hello @" + agent(pen));
            var reply = pen.claim(channel);
            reply.startStreaming();
            for (var piece : List.of("Good ", "morning, ", "\uD83D\uDE00", " Mira\nand all")) {
                reply.write(piece);
                browser.await(SOON, store -> text(store, reply).equals(reply.text()));
            }
            reply.complete();
            browser.await(
                    SOON,
                    store -> store.messages(channel).get(reply.message).status().equals("complete"));
            assertThat(browser.messages(channel).get(reply.message).text()).isEqualTo(reply.text());
            assertThat(browser.resyncs()).isZero();
        }
    }

    @Test
    void a_browser_opened_in_the_middle_of_a_reply_shows_all_of_it_and_goes_on() throws Exception {
        var pen = pen();
        try (var early = server.browser(mira).goOnline()) {
            early.await(SOON, store -> store.seq(channel) == 0);
            server.say(name, handle(mira), "hello @" + agent(pen));
            var reply = pen.claim(channel);
            reply.startStreaming();
            reply.write("All that ");
            early.await(SOON, store -> text(store, reply).equals("All that "));
            try (var late = server.browser(mira).goOnline()) {
                late.await(SOON, store -> text(store, reply).equals("All that "));
                reply.write("and more");
                late.await(SOON, store -> text(store, reply).equals(reply.text()));
            }
        }
    }

    @Test
    void a_new_attempt_replaces_the_old_partial_text_with_its_first_text() throws Exception {
        var pen = pen();
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            server.say(name, handle(mira), "hello @" + agent(pen));
            var first = pen.claim(channel);
            first.startStreaming();
            first.write("a false start that is long");
            browser.await(SOON, store -> text(store, first).equals(first.text()));
            first.failAndRetry();
            browser.await(
                    SOON,
                    store -> store.messages(channel).get(first.message).status().equals("queued"));
            assertThat(browser.messages(channel).get(first.message).text()).isEqualTo(first.text());
            var second = pen.claim(channel);
            second.startStreaming();
            second.write("better");
            browser.await(SOON, store -> text(store, second).equals("better"));
            second.complete();
            browser.await(
                    SOON,
                    store -> store.messages(channel).get(first.message).status().equals("complete"));
        }
    }

    @Test
    void a_removed_member_gets_nothing_from_then_on() throws Exception {
        var nour = server.account("nour-" + name);
        server.join(channel, nour);
        server.channel("other-" + name, nour);
        try (var wire = RawFeed.open(server, nour, "");
                var removed = server.browser(nour).goOnline();
                var stays = server.browser(mira).goOnline()) {
            wire.upTo("event: hello");
            removed.await(SOON, store -> store.seq(channel) == 0);
            stays.await(SOON, store -> store.seq(channel) == 0);
            server.leave(channel, nour);
            removed.await(BEFORE_THE_POLL, store -> store.seq(channel) == -1);
            server.say(name, handle(mira), "not for you");
            stays.await(SOON, store -> store.seq(channel) == 1);
            server.say("other-" + name, handle(nour), "but this is");
            assertThat(wire.upTo("but this is")).noneMatch(line -> line.contains("not for you"));
        }
    }

    @Test
    void a_channel_joined_later_is_followed_from_then_on() throws Exception {
        var late = server.channel("late-" + name);
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            server.join(late, mira);
            browser.await(BEFORE_THE_POLL, store -> store.seq(late) == 0);
            server.say("late-" + name, handle(mira), "here now");
            browser.await(SOON, store -> store.seq(late) == 1);
        }
    }

    @Test
    void a_changed_profile_is_announced() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            var before = browser.accountEvents();
            server.jdbc
                    .sql("update chat.account set display_name = 'Mira M.' where id = ?")
                    .param(mira)
                    .update();
            browser.await(BEFORE_THE_POLL, store -> browser.accountEvents() > before);
        }
    }

    @Test
    void signing_out_ends_that_session_s_feeds_at_once_and_no_other() throws Exception {
        var lost = server.cookies(mira);
        try (var one = new SimulatedBrowser(server.uri(), lost).goOnline();
                var other = server.browser(mira).goOnline()) {
            one.await(SOON, store -> store.seq(channel) == 0);
            other.await(SOON, store -> store.seq(channel) == 0);
            try (var raw = RawFeed.open(server, lost, "")) {
                raw.line();
                server.jdbc
                        .sql("delete from chat.session where session_id = ?")
                        .param(lost.get("session"))
                        .update();
                raw.endsWithin(BEFORE_THE_POLL);
            }
            server.say(name, handle(mira), "still heard");
            other.await(SOON, store -> store.seq(channel) == 1);
            assertThat(other.hellos()).isEqualTo(1);
        }
    }

    @Test
    void disabling_an_account_ends_its_feeds_at_once() throws Exception {
        try (var raw = RawFeed.open(server, mira, "")) {
            raw.line();
            server.jdbc
                    .sql("update chat.account set disabled_at = now() where id = ?")
                    .param(mira)
                    .update();
            raw.endsWithin(BEFORE_THE_POLL);
        }
    }

    @Test
    void a_channel_restored_from_a_backup_is_read_anew() throws Exception {
        server.say(name, handle(mira), "one");
        server.say(name, handle(mira), "two");
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.messages(channel).size() == 2);
            server.jdbc
                    .sql("delete from chat.message where channel_id = ? and seq = 2")
                    .param(channel)
                    .update();
            server.jdbc
                    .sql("update chat.channel set seq = 1 where id = ?")
                    .param(channel)
                    .update();
            browser.await(Duration.ofSeconds(12), store -> store.seq(channel) == 1);
            assertThat(browser.messages(channel)).hasSize(1);
            server.say(name, handle(mira), "another two");
            browser.await(
                    SOON,
                    store -> store.messages(channel).values().stream()
                            .anyMatch(m -> m.text().equals("another two")));
        }
    }

    @Test
    void heads_that_stand_for_a_batch_too_large_to_be_sent_list_all_channels() throws Exception {
        var other = server.channel("other-" + name, mira);
        try (var raw = RawFeed.open(server, mira, "")) {
            sayMuch(6);
            var line = grownTo(6, raw);
            assertThat(line).contains("{\"channel\":\"" + other + "\",\"seq\":0}");
        }
    }

    @Test
    void what_comes_in_several_parts_comes_at_once() throws Exception {
        try (var raw = RawFeed.open(server, mira, "")) {
            sayMuch(100);
            var posted = System.nanoTime();
            grownTo(100, raw);
            assertThat(System.nanoTime() - posted).isLessThan(BEFORE_THE_POLL.toNanos());
        }
    }

    /** More than may wait for a browser, all at once. */
    private void sayMuch(int messages) {
        server.jdbc
                .sql("select count(chat.post(?, ?, repeat('x', 60000))) from generate_series(1, ?)")
                .params(name, handle(mira), messages)
                .query(Long.class)
                .single();
    }

    /** The line by which the feed says that the channel has come to this seq. */
    private String grownTo(int seq, RawFeed feed) throws IOException {
        var grown = "{\"channel\":\"" + channel + "\",\"seq\":" + seq + ",\"last\":";
        String line;
        do line = feed.line();
        while (!line.contains(grown));
        return line;
    }

    private String text(FeedStore store, Pen.Reply reply) {
        var message = store.messages(channel).get(reply.message);
        return message == null ? "" : message.text();
    }

    private Pen pen() {
        return new Pen(server.part(JdbcTemplate.class));
    }

    private String agent(Pen pen) {
        pen.agent("ada-" + name, channel);
        return "ada-" + name;
    }
}
