package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What is new to somebody, where it begins, and when it counts as read. */
@TestInstance(Lifecycle.PER_CLASS)
class UnreadTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");

    @AfterAll
    void close() {
        mira.close();
    }

    @Test
    void more_than_fits_on_the_screen_begins_at_the_line_and_is_read_at_its_end() {
        var channel = readAndLeft();
        holdfast.fill(channel, 40);
        badge(channel, "40 unread").waitFor();
        mira.open(channel);
        awaitTheLine();
        assertThat(unreadHere(channel)).isEqualTo(40);
        assertThat(mira.unread(channel)).isEqualTo(40);
        toTheEnd();
        awaitRead(channel);
    }

    @Test
    void more_than_99_are_not_told_apart() {
        var channel = readAndLeft();
        holdfast.fill(channel, 150);
        badge(channel, "99+ unread").waitFor();
        mira.page.waitForFunction("() => document.title.startsWith('(99+) ')");
        assertThat(mira.unread(channel)).isEqualTo(100);
        mira.open(channel);
        mira.page.locator(".jump >> text=99+ new").waitFor();
        toTheEnd();
        awaitRead(channel);
    }

    @Test
    void a_link_to_what_is_far_above_reads_nothing_of_what_is_new() {
        var channel = readAndLeft();
        holdfast.fill(channel, 40);
        badge(channel, "40 unread").waitFor();
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=161')", channel);
        mira.page.locator("hf-message.found >> text=message 161").waitFor();
        settle();
        assertThat(unreadHere(channel)).isEqualTo(40);
        assertThat(mira.unread(channel)).isEqualTo(40);
    }

    @Test
    void what_came_while_the_page_was_closed_stands_behind_the_line_and_the_server_is_told_that_it_was_read() {
        var channel = readAndLeft();
        mira.open(channel);
        mira.page.navigate("about:blank");
        holdfast.fill(channel, 60);
        mira.open(channel).live();
        mira.page.locator(".divider.new").waitFor();
        readToTheEnd(channel);
    }

    @Test
    void what_is_deleted_before_anybody_reads_it_is_not_new() {
        try (var ben = holdfast.person("Ben")) {
            var channel = readAndLeft();
            holdfast.add(channel, ben.handle);
            var first = ben.rest().write(channel, "never mind").mustBe(201).json();
            ben.rest().write(channel, "but this").mustBe(201);
            badge(channel, "2 unread").waitFor();
            ben.rest().delete("/api/messages/" + first.path("id").stringValue()).mustBe(200);
            badge(channel, "1 unread").waitFor();
            assertThat(mira.unread(channel)).isOne();
        }
    }

    @Test
    void what_came_with_the_first_page_and_nothing_else_told_of_is_told_as_read() {
        mira.open(holdfast.channel(mira)).live();
        mira.hold("/messages?limit=");
        var channel = holdfast.channel(mira);
        mira.awaitHeld(channel);
        holdfast.fillAtOnce(channel, 10);
        mira.letGo();
        mira.open(channel).awaitText("message 10");
        awaitRead(channel);
    }

    @Test
    void another_device_follows_what_is_read_without_asking_for_all_channels() {
        var channel = readAndLeft();
        try (var phone = mira.device()) {
            phone.open(holdfast.channel(mira)).live();
            holdfast.fill(channel, 40);
            awaitUnread(phone, channel, 40);
            var asked = new ArrayList<String>();
            phone.page.onRequest(request -> asked.add(request.url()));
            mira.rest()
                    .put("/api/channels/" + channel + "/read", "{\"seq\": 310}")
                    .mustBe(204);
            awaitUnread(phone, channel, 30);
            holdfast.fill(channel, 1);
            awaitUnread(phone, channel, 31);
            awaitUnread(mira, channel, 31);
            mira.open(channel);
            awaitTheLine();
            toTheEnd();
            awaitRead(channel);
            awaitUnread(phone, channel, 0);
            assertThat(asked).noneMatch(url -> url.endsWith("/api/channels") || url.endsWith("/api/me"));
        }
    }

    @Test
    void what_came_after_an_offline_read_is_new() {
        var channel = readAndLeft();
        var other = holdfast.channel(mira);
        holdfast.fill(channel, 5);
        badge(channel, "5 unread").waitFor();
        mira.offline();
        mira.open(channel).awaitText("message 5");
        toTheEnd();
        eventually("read here", Duration.ofSeconds(10), () -> unreadHere(channel) == 0);
        mira.open(other);
        holdfast.fill(channel, 3);
        mira.online();
        eventually("told to the server", Duration.ofSeconds(10), () -> mira.unread(channel) == 3);
        mira.live();
        badge(channel, "3 unread").waitFor();
    }

    @Test
    void what_is_too_much_to_be_sent_is_counted_in_a_channel_whose_page_is_not_here() {
        var channel = readAndLeft();
        mira.page.evaluate("(channel) => holdfast.store.channels.forget(channel, { keep: true })", channel);
        holdfast.jdbc().sql("""
                insert into chat.message (channel_id, author_id, content)
                select ?::uuid, (select id from chat.account where handle = 'root'), repeat('x', 60000)
                from generate_series(1, 6)
                """).param(channel).update();
        badge(channel, "6 unread").waitFor();
    }

    @Test
    void a_changed_profile_fetches_no_more_channels_for_an_offline_start() {
        try (var ben = holdfast.person("Ben")) {
            for (var n = 0; n < 45; n++) holdfast.channel(ben);
            var here = holdfast.channel(ben);
            ben.open(here).live();
            var missing =
                    "() => [...holdfast.store.channels.values()].filter((each) => each.cursor === undefined).length";
            ben.page.waitForFunction("() => (" + missing + ")() <= holdfast.store.channels.size - 40");
            var asked = new ArrayList<String>();
            ben.page.onRequest(request -> asked.add(request.url()));
            ben.rest().patch("/api/me", "{\"displayName\": \"Benjamin\"}").mustBe(200);
            ben.page.waitForFunction("() => holdfast.store.me.displayName === 'Benjamin'");
            ben.write("after it").awaitText("after it");
            ben.page.waitForFunction("() => holdfast.store.outbox.length === 0");
            holdfast.fill(here, 1);
            ben.awaitText("message 1");
            assertThat(asked)
                    .filteredOn(url -> url.contains("/messages?"))
                    .as("but the last that was on its way")
                    .hasSizeLessThan(2);
        }
    }

    /** A channel of 300 messages that she has read; she is in another one now. */
    private String readAndLeft() {
        var channel = holdfast.channel(mira);
        holdfast.fill(channel, 300);
        mira.open(channel).live().awaitText("message 300");
        readToTheEnd(channel);
        mira.open(holdfast.channel(mira));
        return channel;
    }

    /** Until the page has put her where the new ones begin: a move to the end that comes before it is undone by it. */
    private void awaitTheLine() {
        mira.page.waitForFunction("""
                () => {
                  const scroller = document.querySelector('hf-messages .scroller');
                  const line = scroller?.querySelector('.divider.new');
                  const below = line?.getBoundingClientRect().top - scroller?.getBoundingClientRect().top;
                  return below > -5 && below < scroller.clientHeight / 2;
                }""");
        settle();
    }

    private void readToTheEnd(String channel) {
        eventually("she has scrolled to the end", Duration.ofSeconds(10), () -> {
            toTheEnd(); // once more where the page has put her to the new ones since
            return unreadHere(channel) == 0;
        });
        awaitRead(channel);
    }

    /** The event at once and not with the next frame: a message that came between would find her above the end. */
    private void toTheEnd() {
        mira.page.locator("hf-composer textarea").focus();
        mira.page.evaluate("""
                () => {
                  const scroller = document.querySelector('hf-messages .scroller');
                  scroller.scrollTop = scroller.scrollHeight;
                  scroller.dispatchEvent(new Event('scroll'));
                }""");
    }

    private Locator badge(String channel, String text) {
        return mira.page.locator("[data-channel-id='" + channel + "'] .badge >> text=" + text);
    }

    private void awaitRead(String channel) {
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).unread === 0", channel);
        eventually("told to the server", Duration.ofSeconds(10), () -> mira.unread(channel) == 0);
    }

    private static void awaitUnread(Person person, String channel, int count) {
        person.page.waitForFunction(
                "([channel, count]) => holdfast.store.channels.get(channel).unread === count", List.of(channel, count));
    }

    private int unreadHere(String channel) {
        return ((Number) mira.page.evaluate("(channel) => holdfast.store.channels.get(channel).unread", channel))
                .intValue();
    }

    /** Until what was drawn has been painted and what that has caused is done. */
    private void settle() {
        mira.page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))");
    }
}
