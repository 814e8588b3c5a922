package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static dev.holdfast.browser.Eventually.pause;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.WaitForSelectorState;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The way between page and server breaks in every manner; the text ends as it is in the database and nobody had to do anything. */
@TestInstance(Lifecycle.PER_CLASS)
class ConnectionTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final TcpProxy proxy = TcpProxy.to("127.0.0.1", holdfast.process.port());
    private final Person mira = holdfast.person("Mira", proxy.port());
    private final Person ben = holdfast.person("Ben");
    private String channel;

    @BeforeEach
    void open() {
        channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        ben.open(channel).live();
    }

    @AfterEach
    void restore() {
        proxy.restore();
        mira.lifecycle("active");
        mira.page.evaluate("() => { Date.now = window.realNow ?? Date.now; }");
    }

    @AfterAll
    void close() {
        mira.close();
        ben.close();
        proxy.close();
    }

    @Test
    void a_network_cut_of_3_seconds_mid_reply_loses_nothing() {
        cutFor(Duration.ofSeconds(3), 250);
    }

    @Test
    @EnabledIfSystemProperty(named = "long", matches = "true", disabledReason = "takes a minute: -Dlong=true")
    void a_network_cut_of_60_seconds_mid_reply_loses_nothing() {
        cutFor(Duration.ofSeconds(60), 250);
    }

    private void cutFor(Duration length, int words) {
        ben.write("@ada go on [[words=%d pace=50]]".formatted(words));
        mira.awaitReply("streaming");
        proxy.refuse();
        pause(length.toMillis());
        mira.page.locator(".connection.reconnecting").waitFor();
        proxy.restore();
        ben.awaitReply("complete");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(15), mira, ben);
        mira.page
                .locator(".connection.live:empty")
                .waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.ATTACHED));
    }

    @Test
    void when_the_feeds_process_is_killed_a_second_one_goes_on_and_nobody_does_anything() {
        try (var doomed = new HoldfastProcess("doomed", "web", holdfast.database.url()).start()) {
            proxy.moveTo(doomed.port());
            proxy.cut();
            eventually(
                    "the feed comes from the doomed process",
                    Duration.ofSeconds(20),
                    () -> doomed.metric("holdfast_feed_clients") == 1);
            mira.live();
            ben.write("@ada go on [[words=250 pace=50 kind=mixed]]");
            mira.awaitReply("streaming");
            proxy.moveTo(holdfast.process.port());
            doomed.kill();
            mira.awaitReply("complete");
            Eventually.equal(holdfast, channel, Duration.ofSeconds(15), mira, ben);
            mira.live();
            assertThat(mira.page.locator(".connection").innerText()).isBlank();
        } finally {
            proxy.moveTo(holdfast.process.port());
        }
    }

    /** Told of it once and failing to read it, and not told at all: the next connection reads it. */
    @Test
    void a_name_that_changed_elsewhere_is_known_after_a_failed_reading_and_after_a_cut() {
        mira.page.route("**/api/me", Route::abort, new Page.RouteOptions().setTimes(1));
        mira.rest().patch("/api/me", "{\"displayName\": \"Mira the First\"}").mustBe(200);
        mira.page.locator("hf-sidebar >> text=Mira the First").waitFor();
        proxy.refuse();
        mira.page.locator(".connection.reconnecting").waitFor();
        mira.rest().patch("/api/me", "{\"displayName\": \"Mira the Second\"}").mustBe(200);
        proxy.restore();
        mira.page.locator("hf-sidebar >> text=Mira the Second").waitFor();
    }

    /** An edit makes the first message the last one to have changed. */
    @Test
    void messages_that_come_together_into_an_empty_channel_are_all_shown_in_their_order() {
        proxy.refuse();
        mira.page.locator(".connection.reconnecting").waitFor();
        var first = ben.rest().write(channel, "the first").mustBe(201).json();
        ben.rest().write(channel, "the second").mustBe(201);
        ben.rest()
                .patch("/api/messages/" + first.path("id").stringValue(), "{\"content\": \"the first, edited\"}")
                .mustBe(200);
        proxy.restore();
        mira.awaitText("the second");
        assertThat(mira.messages().allInnerTexts())
                .hasSize(2)
                .satisfiesExactly(
                        text -> assertThat(text).contains("the first, edited"),
                        text -> assertThat(text).contains("the second"));
    }

    /** What comes over the feed waits for a reading that takes long; the answer to one's own post does not. */
    @Test
    void a_message_above_ones_own_first_one_is_shown_though_it_comes_later() {
        var held = new ArrayList<Route>();
        mira.page.route("**/api/me", held::add);
        mira.rest().patch("/api/me", "{\"displayName\": \"Mira the Slow\"}").mustBe(200);
        mira.page.waitForCondition(() -> !held.isEmpty());
        ben.rest().write(channel, "above").mustBe(201);
        mira.write("below");
        mira.page.locator("hf-message[data-status=complete] >> text=below").waitFor();
        held.forEach(Route::resume);
        mira.page.unroute("**/api/me");
        mira.awaitText("above");
        assertThat(mira.messages().allInnerTexts())
                .satisfiesExactly(
                        text -> assertThat(text).contains("above"),
                        text -> assertThat(text).contains("below"));
    }

    @Test
    void a_browser_that_believes_to_be_offline_still_talks_to_a_server_that_answers() {
        mira.page.evaluate("""
                () => {
                  Object.defineProperty(navigator, 'onLine', { get: () => false, configurable: true });
                  dispatchEvent(new Event('offline'));
                }""");
        mira.page
                .locator(".connection.live")
                .waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.ATTACHED));
        mira.write("the internet is gone, the server is not");
        ben.awaitText("the internet is gone, the server is not");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
        mira.page.evaluate("() => { delete navigator.onLine; }");
    }

    @Test
    void a_connection_that_says_nothing_any_more_is_given_up_when_the_tab_is_looked_at_again() {
        forgetTheFeed();
        // more than 20 s, which are not trusted, and too few for what needs no look: a sleep of 25 s, or 35 of silence
        Eventually.pause(2_000);
        moveClock(19);
        mira.page.evaluate(LOOKED_AT);
        Eventually.equal(holdfast, channel, Duration.ofSeconds(12), mira, ben);
    }

    @Test
    void a_connection_that_says_nothing_any_more_is_given_up_though_the_clock_was_set_back() {
        moveClock(-3600);
        mira.page.evaluate(LOOKED_AT);
        forgetTheFeed();
        moveClock(-3600 + 36);
        Eventually.equal(holdfast, channel, Duration.ofSeconds(15), mira, ben);
    }

    @Test
    void what_was_sent_into_a_connection_that_says_nothing_any_more_is_sent_anew_once_the_feed_is_back() {
        proxy.blackHole();
        mira.write("into the void");
        forgetTheFeed();
        moveClock(21);
        mira.page.evaluate(LOOKED_AT);
        mira.page.locator(".connection.reconnecting").waitFor();
        mira.live().write("and after it");
        ben.awaitText("into the void"); // half a minute before the page would give the first request up
        ben.awaitText("and after it");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
        assertThat(holdfast.messages(channel).stream()
                        .filter(each ->
                                each.path("author").path("handle").stringValue().equals(mira.handle))
                        .map(each -> each.path("content").stringValue()))
                .containsExactly("into the void", "and after it");
        mira.awaitSent();
    }

    /** What the feed brings is taken in turn, so it would wait for that reading. */
    @Test
    void what_was_being_read_over_a_connection_that_says_nothing_any_more_does_not_hold_up_the_feed() {
        var held = new ArrayList<Route>();
        mira.page.route("**/api/me", held::add, new Page.RouteOptions().setTimes(1));
        mira.rest().patch("/api/me", "{\"displayName\": \"Mira the Patient\"}").mustBe(200);
        mira.page.waitForCondition(() -> !held.isEmpty());
        proxy.blackHole();
        held.forEach(Route::resume);
        forgetTheFeed();
        moveClock(21);
        mira.page.evaluate(LOOKED_AT);
        Eventually.equal(holdfast, channel, Duration.ofSeconds(15), mira, ben);
        mira.page.locator("hf-sidebar >> text=Mira the Patient").waitFor();
    }

    private static final String LOOKED_AT = "() => document.dispatchEvent(new Event('visibilitychange'))";

    /** The feed stays open and silent while a reply is written; new connections pass. */
    private void forgetTheFeed() {
        proxy.blackHole();
        ben.write("@ada go on [[words=20]]");
        ben.awaitReply("complete");
        proxy.forget();
    }

    private void moveClock(int seconds) {
        mira.page.evaluate(
                "(seconds) => { const real = window.realNow ??= Date.now; Date.now = () => real() + seconds * 1000; }",
                seconds);
    }

    @Test
    void a_tab_frozen_like_on_a_sleeping_laptop_is_whole_when_it_wakes() {
        ben.write("@ada go on [[words=100 pace=50]]");
        mira.awaitReply("streaming");
        mira.lifecycle("frozen");
        ben.awaitReply("complete");
        ben.write("while you slept");
        ben.awaitText("while you slept");
        mira.lifecycle("active");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(15), mira, ben);
    }

    @Test
    void a_visible_tab_takes_over_from_a_frozen_one_that_holds_the_feed() {
        var second = mira.tab();
        mira.open(channel, second);
        var leader = (boolean) mira.page.evaluate("() => holdfast.store.tabs.leads") ? mira.page : second;
        var follower = leader == mira.page ? second : mira.page;
        // a leader that is stopped dead, as by a long sleep: it answers nothing
        follower.bringToFront();
        leader.evaluate(
                "() => { const until = performance.now() + 4000; setTimeout(() => { while (performance.now() < until); }); }");
        follower.evaluate(
                "() => { const real = Date.now; Date.now = () => real() + 41_000; document.dispatchEvent(new Event('visibilitychange')); }");
        eventually("the visible tab leads", Duration.ofSeconds(10), () ->
                (boolean) follower.evaluate("() => holdfast.store.tabs.leads"));
        ben.write("who leads?");
        follower.locator("hf-message >> text=who leads?").waitFor();
        leader.locator("hf-message >> text=who leads?").waitFor();
        eventually("the other no longer leads", Duration.ofSeconds(10), () ->
                !(boolean) leader.evaluate("() => holdfast.store.tabs.leads"));
        second.close();
        Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
    }

    @Test
    void a_copy_that_is_ahead_of_the_server_is_thrown_away_and_read_anew() {
        ben.write("before the backup").write("after the backup");
        mira.awaitText("after the backup");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
        // what a restored backup looks like: the channel's seq and its last message are gone
        holdfast.jdbc()
                .sql("delete from chat.message where channel_id = :channel::uuid and content = 'after the backup'")
                .param("channel", channel)
                .update();
        holdfast.jdbc().sql("""
                        update chat.channel set seq = (select max(seq) from chat.message where channel_id = channel.id)
                        where id = :channel::uuid
                        """).param("channel", channel).update();
        holdfast.jdbc()
                .sql("select pg_notify('channel_changed', :channel)")
                .param("channel", channel)
                .query()
                .singleValue();
        proxy.cut();
        eventually(
                "the message that is left is all there is",
                Duration.ofSeconds(20),
                () -> mira.stored(channel).stream()
                        .map(each -> each.path("content").stringValue())
                        .toList()
                        .equals(List.of("before the backup")));
        mira.write("life goes on");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(20), mira);
    }

    @Test
    void a_channel_that_was_put_back_and_has_come_past_what_the_browser_holds_is_read_anew() {
        putBackWhileAway(5);
    }

    @Test
    void a_channel_that_was_put_back_and_has_come_to_just_what_the_browser_holds_is_read_anew() {
        putBackWhileAway(2);
    }

    /** As an earlier copy of the database's folder does it: of the same lineage, by a process that remembers nothing. */
    private void putBackWhileAway(int written) {
        ben.write("before the copy").write("after it").write("and still after it");
        mira.awaitText("and still after it");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
        proxy.refuse();
        ben.page.navigate("about:blank");
        holdfast.process.kill();
        holdfast.jdbc().sql("""
                        do $$ begin
                          delete from chat.message where channel_id = '%1$s' and position > 1;
                          update chat.channel set seq = 1 where id = '%1$s';
                        end $$
                        """.formatted(channel)).update();
        holdfast.process.start();
        for (var n = 1; n <= written; n++)
            ben.rest().write(channel, "another way " + n).mustBe(201);
        proxy.restore();
        mira.awaitText("another way " + written);
        Eventually.equal(holdfast, channel, Duration.ofSeconds(15), mira);
        assertThat(mira.page.locator("hf-message >> text=after it").count()).isZero();
    }

    @Test
    void an_old_reply_that_grows_above_what_is_held_asks_the_server_for_nothing() {
        ben.write("@ada go on [[words=60 pace=40 fault=bad_key times=1 key=%s]]".formatted(channel));
        ben.awaitReply("failed");
        holdfast.fill(channel, 60);
        try (var phone = ben.device()) {
            phone.open(channel).live().awaitText("message 60");
            var asked = new AtomicInteger();
            phone.page.onRequest(request -> {
                if (request.url().contains("/changes")) asked.incrementAndGet();
            });
            var reply = holdfast.messages(channel).get(1).path("id").stringValue();
            ben.rest().post("/api/messages/" + reply + "/retry", "").mustBe(200);
            eventually(
                    "it is complete",
                    Duration.ofSeconds(30),
                    () -> holdfast.messages(channel)
                            .get(1)
                            .path("status")
                            .stringValue()
                            .equals("complete"));
            ben.write("and after it");
            phone.awaitText("and after it");
            assertThat(asked.get()).isLessThan(3);
        }
    }

    @Test
    void a_channel_that_is_heard_of_only_by_what_is_said_in_it_is_followed() {
        // which the heads would name, too, each 15 s
        mira.page.evaluate("""
                (channel) => {
                  const { parse } = JSON;
                  window.hearAll = () => { JSON.parse = parse; };
                  JSON.parse = (text) => {
                    const event = parse(text);
                    return Array.isArray(event?.channels) ? { ...event, channels: event.channels.filter((each) => each.channel !== channel) } : event;
                  };
                  holdfast.go('/settings');
                  holdfast.store.channels.delete(channel);
                }""", channel);
        ben.write("have you heard?");
        mira.page.locator("[data-channel-id='" + channel + "']").waitFor();
        mira.page.evaluate("() => hearAll()");
        ben.write("now you have");
        mira.open(channel).awaitText("now you have");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
    }
}
