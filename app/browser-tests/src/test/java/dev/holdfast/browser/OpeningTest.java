package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A channel that is opened: at once whatever its length, whole whatever comes meanwhile, and as much as fits the window. */
@TestInstance(Lifecycle.PER_CLASS)
class OpeningTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");

    @AfterAll
    void close() {
        mira.close();
    }

    @Test
    void a_channel_of_100_000_messages_opens_as_fast_as_an_empty_one() {
        var empty = holdfast.channel(mira);
        var full = holdfast.channel();
        holdfast.fillAtOnce(full, 100_000);
        holdfast.add(full, mira.handle);
        mira.open(empty).live();
        mira.page.evaluate("() => holdfast.go('/settings')");
        var first = opening(empty, "Nothing here yet");
        var second = opening(full, "message 100000");
        System.out.println("An empty channel opened in " + first + " ms, one of 100,000 messages in " + second + " ms");
        assertThat(second).isLessThan(first + 1_000);
        assertThat(mira.messages().count()).isLessThanOrEqualTo(240);
    }

    @Test
    void a_copy_that_is_50_000_messages_behind_is_current_at_once_and_fetches_little() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        holdfast.fillAtOnce(channel, 100);
        mira.reload();
        mira.awaitText("message 100");
        var another = holdfast.channel(mira);
        mira.page.close();
        // nobody is told of what is filled in so: a feed that still had the channel would go on from message 100
        eventually("the server knows that the page is gone", Duration.ofSeconds(40), () -> {
            holdfast.fill(another, 1); // it notices when it sends something
            return holdfast.process.metric("holdfast_feed_clients") == 0;
        });
        holdfast.fillAtOnce(channel, 50_000);
        mira.page = mira.tab();
        var bytes = new AtomicLong();
        Consumer<Response> count = response -> {
            if (response.url().contains("/api/channels/")) bytes.addAndGet(response.body().length);
        };
        mira.page.onResponse(count);
        mira.open(channel).live().awaitText("message 50000");
        assertThat(bytes.get()).isLessThan(1_000_000);
        mira.page.offResponse(count);
        mira.page
                .locator("hf-message >> text=/^message 49960$/")
                .waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.ATTACHED));
        var held = mira.stored(channel);
        assertThat(held.getLast().path("seq").longValue()).isEqualTo(50_000);
        assertThat(held.getLast().path("position").longValue()
                        - held.getFirst().path("position").longValue())
                .as("one piece without gaps")
                .isEqualTo(held.size() - 1);
    }

    /** The copy may answer slowly, and what comes meanwhile isn't in its answer. */
    @Test
    void a_message_that_comes_while_its_channel_opens_is_shown() {
        var channel = holdfast.channel(mira);
        holdfast.fill(channel, 3);
        mira.open(channel).live().awaitText("message 3");
        mira.open(holdfast.channel(mira));
        openWithSlowCopy(channel);
        holdfast.fill(channel, 1);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).cursor === 4", channel);
        answer();
        mira.awaitText("message 1");
        mira.awaitText("message 3");
        assertThat(mira.messages().count()).isEqualTo(4);
        mira.assertNoComplaints();
    }

    /** A link may be followed while the first page of its channel is on its way. */
    @Test
    void an_opening_that_answers_late_does_not_take_the_place_of_what_was_opened_after_it() {
        var channel = holdfast.channel(mira);
        holdfast.fill(channel, 300);
        mira.open(channel).live().awaitText("message 300");
        mira.open(holdfast.channel(mira));
        var held = new ArrayList<Route>();
        mira.page.route("**/api/channels/" + channel + "/messages?limit=50", route -> {
            if (held.isEmpty()) held.add(route);
            else route.resume();
        });
        goThereAnew(channel);
        mira.page.waitForCondition(() -> held.size() == 1);
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=161')", channel);
        var found = mira.page.locator("hf-message.found >> text=message 161");
        found.waitFor();
        held.getFirst().resume();
        held.getFirst().request().response().finished();
        // the copy does one thing after the other: when it has taken in what
        // comes now, it has done what the late one asked
        for (var seq = 301; seq <= 303; seq++) {
            holdfast.fill(channel, 1);
            // on a busy machine at the latest with the feed's next heads, which come every 15 s
            mira.page.waitForFunction(
                    "([channel, seq]) => holdfast.store.channels.get(channel).cursor === seq",
                    List.of(channel, seq),
                    new Page.WaitForFunctionOptions().setTimeout(40_000));
        }
        mira.page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
        assertThat(found.count()).isOne();
        mira.page.unrouteAll();
        mira.assertNoComplaints();
    }

    /** As to one of the many channels of which nothing was fetched in advance. */
    private void goThereAnew(String channel) {
        mira.page.evaluate("""
                (channel) => {
                  delete holdfast.store.channels.get(channel).cursor;
                  holdfast.go('/c/' + channel);
                }""", channel);
    }

    @Test
    void a_link_to_a_channel_of_mine_is_no_stranger_s_while_the_list_is_on_its_way() {
        var channel = holdfast.channel(mira);
        try (var phone = mira.device()) {
            var held = new ArrayList<Route>();
            Predicate<String> list = url -> url.endsWith("/api/channels");
            phone.page.route(list, held::add);
            phone.page.navigate(phone.origin() + "/c/" + channel);
            phone.page.waitForCondition(() -> !held.isEmpty());
            phone.page.waitForFunction("() => document.querySelector('hf-channel')?.opened");
            phone.page.locator(".empty [role=status]").waitFor();
            assertThat(phone.page.locator("text=Join the channel").count()).isZero();
            phone.page.unroute(list);
            held.forEach(Route::resume);
            phone.page.locator("hf-composer textarea").waitFor();
        }
    }

    @Test
    void other_channels_go_on_while_a_newest_page_is_on_its_way() {
        var slow = holdfast.channel(mira);
        var other = holdfast.channel(mira);
        holdfast.fill(slow, 3);
        mira.open(slow).live().awaitText("message 3");
        mira.open(other);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel)?.cursor === 0", other);
        var held = new ArrayList<Route>();
        mira.page.route("**/api/channels/" + slow + "/messages?limit=50", held::add);
        goThereAnew(slow);
        mira.page.waitForCondition(() -> held.size() == 1);
        holdfast.fill(slow, 1);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).seq === 4", slow);
        holdfast.fill(other, 1);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).cursor === 1", other);
        assertThat(held).as("nobody asks twice").hasSize(1);
        held.getFirst().resume();
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).cursor === 4", slow);
        mira.page.unrouteAll();
        mira.assertNoComplaints();
    }

    @Test
    void on_a_tall_window_the_history_comes_without_a_scroll() {
        var channel = holdfast.channel();
        holdfast.fillAtOnce(channel, 300);
        holdfast.add(channel, mira.handle);
        mira.open(channel).live().awaitText("message 300");
        onATallWindow(() -> {
            mira.reload();
            mira.awaitText("message 300");
        });
    }

    /** Then what the copy answers begins with the message that is drawn already. */
    @Test
    void on_a_tall_window_the_history_comes_also_where_the_feed_was_faster_than_the_copy() {
        var channel = holdfast.channel(mira);
        holdfast.fill(channel, 300);
        mira.open(channel).live().awaitText("message 300");
        mira.open(holdfast.channel(mira));
        onATallWindow(() -> {
            openWithSlowCopy(channel);
            holdfast.jdbc()
                    .sql(
                            "update chat.message set content = content || '!' where channel_id = :channel::uuid and position > 250")
                    .param("channel", channel)
                    .update();
            mira.awaitText("message 251!");
            answer();
        });
    }

    private void onATallWindow(Runnable opening) {
        mira.page.setViewportSize(1_200, 2_160);
        try {
            opening.run();
            mira.page.waitForFunction(MORE_THAN_FITS);
        } finally {
            mira.page.setViewportSize(1_280, 720);
        }
    }

    private long opening(String channel, String text) {
        var result = mira.page.evaluate("""
                ([channel, text]) => new Promise((resolve) => {
                  const began = performance.now();
                  holdfast.go('/c/' + channel);
                  const look = () => document.querySelector('hf-messages')?.textContent.includes(text) ? resolve(performance.now() - began) : requestAnimationFrame(look);
                  look();
                })""", List.of(channel, text));
        return ((Number) result).longValue();
    }

    /** What is read of the channel from this browser's copy comes with {@link #answer}. */
    private void openWithSlowCopy(String channel) {
        mira.page.evaluate("""
                (channel) => {
                  delete window.answer;
                  const { copy } = holdfast.store;
                  const { before } = copy;
                  copy.before = async (...which) => {
                    const found = await before.apply(copy, which);
                    if (which[0] === channel) await new Promise((resolve) => (window.answer = resolve));
                    return found;
                  };
                }""", channel);
        mira.open(channel);
        mira.page.waitForFunction("() => window.answer");
    }

    private void answer() {
        mira.page.evaluate("() => { delete holdfast.store.copy.before; window.answer(); }");
    }

    private static final String MORE_THAN_FITS = """
            () => {
              const { scrollHeight, clientHeight } = document.querySelector('hf-messages .scroller');
              return scrollHeight > clientHeight + 600;
            }""";
}
