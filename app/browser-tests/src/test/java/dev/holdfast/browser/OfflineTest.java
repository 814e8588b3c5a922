package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Without the network the page opens, reads and writes; with it, everything arrives once and in order. */
@TestInstance(Lifecycle.PER_CLASS)
class OfflineTest {

    private static final String POSTS = "**/api/channels/*/messages";

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person ben = holdfast.person("Ben");
    private String channel;

    @BeforeEach
    void open() {
        mira.page.unrouteAll();
        mira.online();
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
    void what_was_written_offline_and_over_a_reload_arrives_once_in_order_and_is_answered() {
        guarded(mira);
        mira.offline();
        mira.write("one").write("two").write("three").write("@ada four [[words=60 pace=50]]");
        assertThat(mira.messages().count()).isEqualTo(4);
        eventually("it is kept", Duration.ofSeconds(5), () -> mira.kept() == 4);
        mira.reload();
        mira.messages().nth(3).waitFor();
        mira.write("five");
        assertThat(mira.page.locator("hf-message[data-status=sending]").count()).isEqualTo(5);
        assertThat(ben.messages().count()).isZero();

        mira.online();
        mira.awaitReply("complete");
        ben.awaitReply("complete");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
        assertThat(holdfast.messages(channel).stream()
                        .filter(each ->
                                each.path("author").path("handle").stringValue().equals(mira.handle))
                        .map(each -> each.path("content").stringValue().split(" \\[")[0]))
                .containsExactly("one", "two", "three", "@ada four", "five");
        mira.awaitSent();
    }

    /** A tab that wakes up reads the copy again, which may answer slowly. */
    @Test
    void what_is_written_while_the_tab_wakes_up_stays_and_arrives() {
        mira.offline();
        mira.page.evaluate("""
                () => {
                  const { copy } = holdfast.store;
                  const { all } = copy;
                  window.answers = () => { copy.all = all; window.answer(); };
                  copy.all = async (name) => {
                    const found = await all(name);
                    if (name === 'outbox') await new Promise((resolve) => (window.answer = resolve));
                    return found;
                  };
                  document.dispatchEvent(new Event('resume'));
                }""");
        mira.page.waitForFunction("() => window.answer");
        mira.write("just in time");
        eventually("it is kept", Duration.ofSeconds(5), () -> (boolean) mira.page.evaluate("""
                async () => {
                  const { outbox, copy } = holdfast.store;
                  return outbox.length === 1 && (await copy.get('outbox', outbox[0].n)) !== undefined;
                }"""));
        mira.page.evaluate("() => window.answers()");
        mira.online();
        ben.awaitText("just in time");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
        mira.awaitSent();
        mira.assertNoComplaints();
    }

    @Test
    void a_channel_whose_messages_this_browser_does_not_have_is_not_called_empty() {
        guarded(mira);
        // as the 41st channel of somebody who has opened none
        var readings = Aborted.requests(mira.page, "GET", "**/api/channels/*/messages?*");
        var unseen = holdfast.channel(mira, ben);
        ben.rest().write(unseen, "in here all along").mustBe(201);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel)?.seq === 1", unseen);
        mira.offline();
        readings.letThrough();
        mira.open(unseen);
        mira.page.locator("hf-messages .empty").waitFor();
        assertThat(mira.page.locator("hf-messages .empty").innerText())
                .contains("does not have")
                .doesNotContain("Nothing here yet");
        mira.online();
        mira.awaitText("in here all along");
    }

    @Test
    void a_link_to_a_message_that_this_browser_does_not_have_says_so_and_leads_there_once_it_can() {
        holdfast.fill(channel, 120);
        mira.awaitText("message 120");
        mira.open(holdfast.channel(mira, ben));
        // all but the newest page goes, as on a browser that opens the channel for the first time
        mira.page.evaluate(
                "async (channel) => { await holdfast.store.channels.forget(channel, { keep: true }); }", channel);
        mira.open(channel).awaitText("message 120");
        mira.offline();
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=10')", channel);
        var said = mira.page.locator("hf-channel [role=alert]");
        said.waitFor();
        assertThat(said.innerText()).contains("message that the link leads to");
        mira.awaitText("message 120");
        mira.online();
        mira.live();
        mira.page.locator("hf-channel [role=alert] button").click();
        mira.page.locator("hf-message.found >> text=/^message 10$/").waitFor();
        assertThat(said.count()).isZero();
        mira.assertNoComplaints();
    }

    @Test
    void a_cold_start_without_the_network_shows_the_channels_and_the_messages_seen_so_far() {
        ben.write("read me later");
        mira.awaitText("read me later");
        guarded(mira);
        mira.stored(channel); // read behind what is being written
        mira.page.close();
        mira.offline();
        mira.page = mira.tab();
        mira.page.navigate(mira.origin() + "/");
        mira.awaitText("read me later");
        assertThat(mira.page.locator("hf-sidebar [data-channel-id]").count()).isGreaterThanOrEqualTo(2);
        mira.page.locator(".connection.offline").waitFor();
        mira.page.locator("text=What you write is kept").waitFor();
        mira.page.setViewportSize(390, 844); // a telephone shows a channel without the sidebar
        assertThat(mira.page.locator("hf-sidebar header").isVisible()).isFalse();
        mira.page.locator("text=What you write is kept").waitFor();
        mira.assertNoComplaints();
    }

    @Test
    void edits_deletes_and_retries_made_offline_go_out_when_the_network_is_back() {
        mira.write("first")
                .write("second")
                .write("@ada third [[words=40 fault=bad_key times=1 key=%s]]".formatted(channel));
        mira.awaitReply("failed");
        mira.offline();
        edit(mira, "first", "first, but better");
        delete(mira, "second");
        mira.reply().locator("text=Retry").click();
        mira.awaitText("first, but better");
        mira.online();
        ben.awaitText("first, but better");
        ben.awaitReply("complete");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
        assertThat(holdfast.messages(channel).get(1).path("deleted").asBoolean())
                .isTrue();
    }

    @Test
    void what_was_written_for_a_channel_that_one_is_no_longer_in_can_be_read_and_thrown_away() {
        var left = holdfast.channel(mira);
        mira.open(left);
        mira.offline();
        mira.write("written on the train");
        holdfast.administrator
                .delete("/api/channels/" + left + "/members/" + mira.handle)
                .mustBe(204);
        mira.online();
        mira.page.locator("hf-channel .people >> text=written on the train").waitFor();
        mira.page.evaluate("() => holdfast.go('/settings')");
        mira.page.getByLabel("Discard “written on the train”").click();
        mira.page.locator("button.bad >> text=/^Sign out$/").waitFor();
        mira.awaitSent();
        mira.assertNoComplaints();
    }

    @Test
    void a_retry_made_offline_leaves_alone_what_somebody_has_retried_since() {
        mira.write("@ada go [[words=10 fault=bad_key times=1 key=%s]]".formatted(channel));
        mira.awaitReply("failed");
        ben.awaitReply("failed");
        mira.offline();
        mira.reply().locator("text=Retry").click();
        eventually("it is kept", Duration.ofSeconds(5), () -> mira.kept() == 1);
        ben.reply().locator("text=Retry").click();
        ben.awaitReply("complete");
        var run = holdfast.messages(channel).get(1).path("generation");
        mira.online();
        eventually("it has gone out", Duration.ofSeconds(20), () -> mira.unsent() == 0);
        assertThat(holdfast.messages(channel).get(1).path("generation")).isEqualTo(run);
        mira.awaitReply("complete");
    }

    @Test
    void a_message_is_on_screen_in_the_same_frame_as_enter() {
        mira.page.evaluate("""
                () => document.addEventListener('keydown', (event) => {
                  if (event.key !== 'Enter') return;
                  requestAnimationFrame(() => setTimeout(() => { window.shown = document.querySelectorAll('hf-message[data-status=sending]').length; }));
                })""");
        var posts = Aborted.requests(mira.page, "POST", POSTS);
        mira.write("now");
        mira.page.waitForFunction("() => window.shown !== undefined");
        assertThat(mira.page.evaluate("() => window.shown")).isEqualTo(1);
        posts.letThrough();
        ben.awaitText("now");
    }

    @Test
    void a_refusal_shows_its_reason_and_the_message_can_be_edited_and_sent_or_discarded() {
        var refusals = new AtomicInteger();
        mira.page.route(POSTS, route -> {
            if (refusals.getAndIncrement() > 1) {
                route.resume();
                return;
            }
            route.fulfill(
                    new Route.FulfillOptions()
                            .setStatus(422)
                            .setContentType("application/problem+json")
                            .setBody(
                                    "{\"type\":\"about:blank\",\"title\":\"Invalid\",\"status\":422,\"detail\":\"The text is too rude. Say it kindly.\"}"));
        });
        mira.write("grr").write("brr");
        var refused = mira.page.locator("hf-message[data-status=unsent]");
        refused.nth(1).waitFor();
        assertThat(refused.first().innerText()).contains("The text is too rude. Say it kindly.");
        refused.nth(1).locator("text=Discard").click();
        refused.first().locator(".unsent >> text=Edit").click();
        mira.page.locator("hf-message textarea").fill("please");
        mira.page.locator("hf-message textarea").press("Enter");
        ben.awaitText("please");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
        assertThat(holdfast.messages(channel)).hasSize(1);
    }

    @Test
    void busy_and_broken_answers_are_tried_again_until_one_is_good() {
        var attempts = new AtomicInteger();
        mira.page.route(POSTS, route -> {
            switch (attempts.getAndIncrement()) {
                case 0 -> route.abort();
                case 1 ->
                    route.fulfill(new Route.FulfillOptions().setStatus(503).setBody(""));
                case 2 ->
                    route.fulfill(new Route.FulfillOptions()
                            .setStatus(429)
                            .setHeaders(Map.of("Retry-After", "1"))
                            .setBody(""));
                default -> route.resume();
            }
        });
        mira.write("again and again");
        ben.awaitText("again and again");
        assertThat(attempts.get()).isEqualTo(4);
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void a_request_that_hangs_is_given_up_and_tried_again() {
        var attempts = new AtomicInteger();
        mira.page.route(POSTS, route -> {
            if (attempts.getAndIncrement() > 0) route.resume(); // the first is never answered
        });
        // half a minute of patience becomes half a second, once
        mira.page.evaluate("""
                () => {
                  const real = setTimeout;
                  window.setTimeout = (work, wait, ...rest) => {
                    if (wait !== 30_000) return real(work, wait, ...rest);
                    window.setTimeout = real;
                    return real(work, 500, ...rest);
                  };
                }""");
        mira.write("are you there?");
        ben.awaitText("are you there?");
        assertThat(attempts.get()).isEqualTo(2);
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    private static void guarded(Person person) {
        person.page.waitForFunction("() => navigator.serviceWorker.controller !== null");
    }

    private static Locator message(Person person, String text) {
        return person.page
                .locator("hf-message", new Page.LocatorOptions().setHasText(text))
                .first();
    }

    private static void edit(Person person, String text, String better) {
        message(person, text).hover();
        message(person, text).getByLabel("Edit").first().click();
        person.page.locator("hf-message textarea").fill(better);
        person.page.locator("hf-message textarea").press("Enter");
    }

    private static void delete(Person person, String text) {
        message(person, text).hover();
        message(person, text).getByLabel("Delete").first().click();
        person.page.locator(".tools.sure >> text=Delete >> nth=-1").click();
    }
}
