package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Many tabs of one browser, many browsers of one person. */
@TestInstance(Lifecycle.PER_CLASS)
class TabsTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person ben = holdfast.person("Ben");
    private String channel;

    @BeforeEach
    void open() {
        channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        ben.open(channel).live();
    }

    @AfterAll
    void close() {
        mira.close();
        ben.close();
    }

    @Test
    void ten_tabs_share_one_feed_and_another_takes_over_within_a_second_when_its_tab_closes() {
        var tabs = new ArrayList<Page>(List.of(mira.page));
        while (tabs.size() < 10) {
            var tab = mira.tab();
            mira.open(channel, tab);
            tabs.add(tab);
        }
        ben.write("hello all tabs");
        tabs.forEach(tab -> Person.awaitText(tab, "hello all tabs"));
        assertThat(tabs.stream().filter(Person::leads))
                .as("tabs that hold the feed")
                .hasSize(1);

        var leader = tabs.stream().filter(Person::leads).findFirst().orElseThrow();
        tabs.remove(leader);
        var closed = System.nanoTime();
        leader.close();
        eventually(
                "another tab leads", Duration.ofSeconds(1), () -> tabs.stream().anyMatch(Person::leads));
        System.out.println("Another tab took over within "
                + Duration.ofNanos(System.nanoTime() - closed).toMillis() + " ms");
        ben.write("@ada still there? [[words=60 pace=50]]");
        tabs.forEach(tab -> tab.locator("hf-message[data-status=complete]:has(.message.agent)")
                .waitFor());
        mira.page = tabs.getFirst();
        for (var tab : tabs) {
            assertThat(Person.stored(channel, tab)).isEqualTo(mira.stored(channel));
        }
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
        tabs.subList(1, tabs.size()).forEach(Page::close);
    }

    @Test
    void a_tab_that_opens_mid_reply_follows_through_the_store() {
        mira.write("@ada go on [[words=200 pace=50]]");
        mira.awaitReply("streaming");
        var second = mira.tab();
        mira.open(channel, second);
        second.locator("hf-message[data-status=complete]:has(.message.agent)").waitFor();
        assertThat(Person.stored(channel, second)).isEqualTo(mira.stored(channel));
        second.close();
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void what_one_tab_writes_another_sends_and_all_show() {
        var second = mira.tab();
        mira.open(channel, second);
        var follower = Person.leads(second) ? mira.page : second;
        follower.locator("hf-composer textarea").fill("from the other tab");
        follower.locator("hf-composer textarea").press("Enter");
        Person.awaitText(mira.page, "from the other tab");
        Person.awaitText(second, "from the other tab");
        ben.awaitText("from the other tab");
        second.close();
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void reading_on_one_device_is_known_on_the_other() {
        try (var phone = mira.device()) {
            phone.open(channel).live();
            phone.page.evaluate("() => holdfast.go('/settings')");
            mira.page.evaluate("() => holdfast.go('/settings')");
            ben.write("unread one").write("unread two");
            var badge = "[data-channel-id='" + channel + "'] .badge";
            phone.page.locator(badge + " >> text=2 unread").waitFor();
            mira.page.locator(badge + " >> text=2 unread").waitFor();

            mira.open(channel);
            mira.page.locator(".divider.new").waitFor();
            assertThat(mira.page.locator(".divider.new + li").innerText()).contains("unread one");
            eventually(
                    "no badge here",
                    Duration.ofSeconds(5),
                    () -> mira.page.locator(badge).count() == 0);
            eventually(
                    "no badge on the phone",
                    Duration.ofSeconds(5),
                    () -> phone.page.locator(badge).count() == 0);
        }
    }

    /** A tab that is frozen while it sends answers nothing, so another takes over and sends it, too; at once where there are no locks. */
    @Test
    void a_message_that_two_tabs_send_is_kept() {
        try (var eve = holdfast.person("Eve")) {
            holdfast.add(channel, eve.handle);
            eve.context.addInitScript("Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })");
            eve.open(channel).live();
            var second = eve.tab();
            eve.open(channel, second);
            second.waitForFunction("() => holdfast.store.connection === 'live'");
            var first = new ArrayList<Route>();
            var held = new ArrayList<Route>();
            eve.page.route("**/api/channels/*/messages", first::add);
            second.route("**/api/channels/*/messages", held::add);
            eve.write("said twice, meant once");
            eve.page.waitForCondition(() -> !first.isEmpty());
            eve.page.evaluate(
                    "() => { const channel = BroadcastChannel.prototype; window.post = channel.postMessage; channel.postMessage = () => {}; }");
            second.evaluate("() => holdfast.store.tabs.join()");
            second.waitForCondition(() -> !held.isEmpty());
            eve.page.evaluate("() => { BroadcastChannel.prototype.postMessage = window.post; }");
            first.forEach(Route::resume);
            eve.page.unroute("**/api/channels/*/messages");
            ben.awaitText("said twice, meant once");
            second.waitForFunction("() => holdfast.store.outbox.length === 0"); // the first has told that it is sent
            second.waitForResponse(
                    response -> response.request().method().equals("POST"), () -> held.forEach(Route::resume));
            second.unroute("**/api/channels/*/messages");
            second.locator("hf-composer textarea").fill("and this after it");
            second.locator("hf-composer textarea").press("Enter");
            ben.awaitText("and this after it");
            Eventually.equal(holdfast, channel, Duration.ofSeconds(10), eve, ben);
            assertThat(holdfast.messages(channel))
                    .hasSize(2)
                    .noneMatch(each -> each.path("deleted").asBoolean());
        }
    }

    @Test
    void what_is_half_typed_stays_though_another_tab_sends_something_in_the_same_channel() {
        var second = mira.tab();
        mira.open(channel, second);
        mira.page.locator("hf-composer textarea").fill("ten minutes of thought");
        second.waitForFunction("(channel) => holdfast.store.kept.get('drafts')?.[channel]", channel);
        second.locator("hf-composer textarea").fill("ok");
        second.locator("hf-composer textarea").press("Enter");
        mira.awaitText("ok");
        second.close();
        mira.page.evaluate("() => holdfast.go('/people')");
        mira.page.locator("hf-people").waitFor();
        mira.open(channel);
        assertThat(Person.draft(mira.page)).isEqualTo("ten minutes of thought");
    }

    @Test
    void what_another_tab_half_typed_into_a_message_is_shown_no_longer_than_there() {
        mira.write("the first text").awaitText("the first text");
        mira.page.locator("hf-composer textarea").press("ArrowUp");
        var editor = mira.page.locator("hf-editor textarea");
        editor.fill("the second te");
        var second = mira.tab();
        mira.open(channel, second);
        second.locator("hf-editor").waitFor();
        editor.fill("the second text");
        editor.press("Enter");
        second.locator("hf-message .text >> text=the second text").waitFor();
        second.close();
    }
}
