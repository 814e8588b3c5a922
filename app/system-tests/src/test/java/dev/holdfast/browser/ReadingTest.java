package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.parallel.Isolated;

/** History of any length, and finding things in it. */
@TestInstance(Lifecycle.PER_CLASS)
@Isolated("Chromium keeps both cores busy")
class ReadingTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");

    @AfterAll
    void close() {
        mira.close();
    }

    @Test
    void history_loads_upwards_without_jumping_and_only_a_window_of_it_is_on_the_page() {
        var channel = holdfast.channel(mira);
        fill(channel, 600);
        mira.open(channel).live();
        mira.awaitText("message 600");
        for (var screens = 0;
                screens < 40
                        && mira.page.locator("hf-message >> text=/^message 1$/").count() == 0;
                screens++) {
            mira.page.evaluate("""
                    async () => {
                      const scroller = document.querySelector('hf-messages .scroller');
                      scroller.scrollTop = 0;
                      await new Promise((resolve) => setTimeout(resolve, 30));
                    }""");
            var jump = ((Number) mira.page.evaluate(WHERE_THE_FIRST_VISIBLE_GOES_WHILE_MORE_COMES)).doubleValue();
            assertThat(jump).as("pixels that what is read moved").isLessThan(3);
            assertThat(mira.messages().count()).isLessThanOrEqualTo(240);
        }
        assertThat(mira.page.locator("hf-message >> text=/^message 1$/").count())
                .isOne();
        mira.page.locator("button.jump").click();
        mira.awaitText("message 600");
        assertThat(mira.messages().count()).isLessThanOrEqualTo(240);
    }

    @Test
    void a_channel_of_100_000_messages_opens_as_fast_as_an_empty_one() {
        var empty = holdfast.channel(mira);
        var full = holdfast.channel();
        fillAtOnce(full, 100_000);
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
        fillAtOnce(channel, 100);
        mira.reload();
        mira.awaitText("message 100");
        var another = holdfast.channel(mira);
        mira.page.close();
        // nobody is told of what is filled in so: a feed that still had the channel would go on from message 100
        eventually("the server knows that the page is gone", Duration.ofSeconds(40), () -> {
            fill(another, 1); // it notices when it sends something
            return holdfast.process.metric("holdfast_feed_clients") == 0;
        });
        fillAtOnce(channel, 50_000);
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
        fill(channel, 3);
        mira.open(channel).live().awaitText("message 3");
        mira.open(holdfast.channel(mira));
        openWithSlowCopy(channel);
        fill(channel, 1);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).cursor === 4", channel);
        answer();
        mira.awaitText("message 1");
        mira.awaitText("message 3");
        assertThat(mira.messages().count()).isEqualTo(4);
        mira.assertNoComplaints();
    }

    @Test
    void scrolling_up_from_a_message_far_above_leaves_nothing_out() {
        var channel = holdfast.channel(mira);
        fill(channel, 300);
        mira.open(channel).live().awaitText("message 300");
        // pages of 50 reach down to 151 for this one, so the copy holds ten above it
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=161')", channel);
        mira.page.locator("hf-message.found >> text=message 161").waitFor();
        eventually("older ones come", Duration.ofSeconds(10), () -> {
            mira.page.evaluate("() => { document.querySelector('hf-messages .scroller').scrollTop = 0; }");
            return mira.page.locator("hf-message >> text=/^message 120$/").count() == 1;
        });
        var positions = Person.map(mira.page.evaluate("""
                () => {
                  const all = [...document.querySelectorAll('hf-message')].map((each) => Number(each.dataset.position));
                  return { shown: all.length, spread: Math.max(...all) - Math.min(...all) + 1 };
                }"""));
        assertThat(positions.get("shown")).as("messages in one piece").isEqualTo(positions.get("spread"));
    }

    /** A link may be followed while the first page of its channel is on its way. */
    @Test
    void an_opening_that_answers_late_does_not_take_the_place_of_what_was_opened_after_it() {
        var channel = holdfast.channel(mira);
        fill(channel, 300);
        mira.open(channel).live().awaitText("message 300");
        mira.open(holdfast.channel(mira));
        var held = new ArrayList<Route>();
        mira.page.route("**/api/channels/" + channel + "/messages?limit=50", route -> {
            if (held.isEmpty()) held.add(route);
            else route.resume();
        });
        // as one of the many channels of which nothing was fetched in advance
        mira.page.evaluate("""
                (channel) => {
                  delete holdfast.store.channels.get(channel).cursor;
                  holdfast.go('/c/' + channel);
                }""", channel);
        mira.page.waitForCondition(() -> held.size() == 1);
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=161')", channel);
        var found = mira.page.locator("hf-message.found >> text=message 161");
        found.waitFor();
        held.getFirst().resume();
        held.getFirst().request().response().finished();
        // the copy does one thing after the other: when it has taken in what comes now, it has done what the late one
        // asked
        for (var seq = 301; seq <= 303; seq++) {
            fill(channel, 1);
            mira.page.waitForFunction(
                    "([channel, seq]) => holdfast.store.channels.get(channel).cursor === seq", List.of(channel, seq));
        }
        mira.page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
        assertThat(found.count()).isOne();
        mira.page.unrouteAll();
        mira.assertNoComplaints();
    }

    @Test
    void who_watches_a_busy_channel_tells_at_most_once_a_second_what_was_read() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        var told = new AtomicInteger();
        mira.page.onRequest(request -> {
            if (request.url().endsWith(channel + "/read")) told.incrementAndGet();
        });
        var began = System.nanoTime();
        for (var n = 1; n <= 20; n++) {
            fill(channel, 1);
            mira.page.waitForFunction(
                    "([channel, seq]) => holdfast.store.channels.get(channel).lastReadSeq === seq",
                    List.of(channel, n));
        }
        eventually("the last one is told", Duration.ofSeconds(5), () ->
                (boolean) mira.page.evaluate("(channel) => !holdfast.store.channels.get(channel).unsentRead", channel));
        var seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds() + 1;
        assertThat(told.get()).isBetween(1, (int) seconds + 1);
    }

    @Test
    void search_finds_a_message_and_leads_to_it() {
        var channel = holdfast.channel(mira);
        fill(channel, 300);
        mira.open(channel).live();
        mira.rest().write(channel, "the needle is here").mustBe(201);
        fill(channel, 200);
        mira.awaitText("message 200");
        mira.page.evaluate("() => holdfast.go('/search?q=needle')");
        mira.page
                .locator(".found a", new com.microsoft.playwright.Page.LocatorOptions().setHasText("needle"))
                .first()
                .click();
        mira.page.locator("hf-message.found >> text=the needle is here").waitFor();
        eventually("it is in view", Duration.ofSeconds(5), () -> (boolean) mira.page.evaluate("""
                () => { const { top, bottom } = document.querySelector('hf-message.found').getBoundingClientRect(); return top > 0 && bottom < innerHeight; }"""));
    }

    @Test
    void a_link_leads_to_a_message_however_far_above_it_is() {
        var channel = holdfast.channel(mira);
        fillAtOnce(channel, 6_000);
        mira.open(channel).live().awaitText("message 6000");
        var asked = new AtomicInteger();
        mira.page.onRequest(request -> {
            if (request.url().contains(channel + "/messages?before=")) asked.incrementAndGet();
        });
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=20')", channel);
        mira.page
                .locator("hf-message.found >> text=/^message 20$/")
                .waitFor(new Locator.WaitForOptions().setTimeout(30_000));
        assertThat(asked.get()).isLessThanOrEqualTo(31);
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=abc')", channel);
        mira.awaitText("message 6000");
        mira.assertNoComplaints();
    }

    @Test
    void a_quote_leads_to_its_message_whenever_it_is_followed_and_the_reply_that_is_being_written_stays() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        var asked = mira.rest().write(channel, "the first of all").mustBe(201).json();
        mira.awaitText("the first of all");
        fill(channel, 120);
        reply(channel, asked.path("id").stringValue());
        mira.awaitText("an answer");
        var answer = mira.messages().last();
        answer.hover();
        answer.locator("[aria-label=Reply]").click();
        for (var time = 1; time <= 2; time++) {
            mira.page.locator("a.asked").click();
            var found = mira.page.locator("hf-message.found >> text=the first of all");
            found.waitFor();
            mira.page.locator("button.jump").click();
            found.waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.DETACHED));
        }
        assertThat(mira.page.locator(".replying").count()).isOne();
    }

    @Test
    void a_quote_shows_its_message_as_it_is_now() {
        var channel = holdfast.channel(mira);
        var asked = mira.rest()
                .write(channel, "the password is hunter2")
                .mustBe(201)
                .json();
        mira.rest().write(channel, "in between").mustBe(201);
        reply(channel, asked.path("id").stringValue());
        mira.open(channel).live();
        mira.page.locator(".asked >> text=hunter2").waitFor();
        var message = "/api/messages/" + asked.path("id").stringValue();
        mira.rest().patch(message, "{\"content\": \"the password is no more\"}").mustBe(200);
        mira.page.locator(".asked >> text=no more").waitFor();
        mira.rest().delete(message).mustBe(200);
        mira.page.locator(".asked >> text=a deleted message").waitFor();
    }

    private void reply(String channel, String replyTo) {
        var body = "{\"id\": \"%s\", \"content\": \"an answer\", \"replyTo\": \"%s\"}";
        mira.rest()
                .post("/api/channels/" + channel + "/messages", body.formatted(UUID.randomUUID(), replyTo))
                .mustBe(201);
    }

    @Test
    void on_a_tall_window_the_history_comes_without_a_scroll() {
        var channel = holdfast.channel(mira);
        fillAtOnce(channel, 300);
        mira.open(channel).live().awaitText("message 300");
        mira.page.setViewportSize(1_200, 2_160);
        try {
            mira.reload();
            mira.awaitText("message 300");
            mira.page.waitForFunction(MORE_THAN_FITS);
        } finally {
            mira.page.setViewportSize(1_280, 720);
        }
    }

    /** Then what the copy answers begins with the message that is drawn already. */
    @Test
    void on_a_tall_window_the_history_comes_also_where_the_feed_was_faster_than_the_copy() {
        var channel = holdfast.channel(mira);
        fill(channel, 300);
        mira.open(channel).live().awaitText("message 300");
        mira.open(holdfast.channel(mira));
        mira.page.setViewportSize(1_200, 2_160);
        try {
            openWithSlowCopy(channel);
            holdfast.jdbc()
                    .sql(
                            "update chat.message set content = content || '!' where channel_id = :channel::uuid and position > 250")
                    .param("channel", channel)
                    .update();
            mira.awaitText("message 251!");
            answer();
            mira.page.waitForFunction(MORE_THAN_FITS);
        } finally {
            mira.page.setViewportSize(1_280, 720);
        }
    }

    private static final String MORE_THAN_FITS = """
            () => {
              const { scrollHeight, clientHeight } = document.querySelector('hf-messages .scroller');
              return scrollHeight > clientHeight + 600;
            }""";

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

    @Test
    void what_is_typed_in_the_editor_stays_when_the_message_changes_elsewhere_and_when_one_goes_elsewhere() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        var written = mira.rest().write(channel, "first").mustBe(201).json();
        var message = "/api/messages/" + written.path("id").stringValue();
        mira.awaitText("first");
        mira.page.locator("hf-composer textarea").press("ArrowUp");
        var field = mira.page.locator("hf-editor textarea");
        mira.rest().patch(message, "{\"content\": \"second\"}").mustBe(200);
        mira.page.waitForFunction("() => document.querySelector('hf-editor textarea').value === 'second'");
        field.pressSequentially(" and more");
        mira.rest().patch(message, "{\"content\": \"third\"}").mustBe(200);
        mira.page.waitForFunction("() => document.querySelector('hf-editor').message.content === 'third'");
        assertThat(field.inputValue()).isEqualTo("second and more");

        mira.page.evaluate("() => holdfast.go('/people')");
        mira.page.locator("hf-people").waitFor();
        mira.page.goBack();
        field.waitFor();
        assertThat(field.inputValue()).isEqualTo("second and more");
        assertThat(mira.page.evaluate("() => document.activeElement.closest('hf-composer') !== null"))
                .as("the focus stays where one writes")
                .isEqualTo(true);
        mira.reload();
        field.waitFor();
        mira.page.locator("hf-composer textarea").press("ArrowUp");
        field.press("Enter");
        mira.page.locator("hf-message .text >> text=/^second and more$/").waitFor();

        mira.page.locator("hf-composer textarea").press("ArrowUp");
        field.pressSequentially(" of it");
        field.press("Escape");
        mira.reload();
        mira.awaitText("second and more");
        assertThat(field.count()).isZero();
        assertThat(mira.page.evaluate("() => Object.keys(holdfast.store.kept.get('drafts') ?? {}).length"))
                .isEqualTo(0);
        mira.assertNoComplaints();
    }

    @Test
    void names_are_offered_after_an_at_sign_and_taken_with_the_keyboard() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        var field = mira.page.locator("hf-composer textarea");
        field.pressSequentially("hey @ad");
        mira.page.locator("[role=option] >> text=@ada").waitFor();
        field.press("Enter");
        assertThat(field.inputValue()).isEqualTo("hey @ada ");
        field.pressSequentially("are you there?");
        field.press("Enter");
        mira.awaitReply("complete");
        field.press("ArrowUp");
        assertThat(mira.page.locator("hf-message textarea").inputValue()).isEqualTo("hey @ada are you there?");
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

    /** Where the message that is first on screen goes while older ones come in above it. */
    private static final String WHERE_THE_FIRST_VISIBLE_GOES_WHILE_MORE_COMES = """
            async () => {
              const scroller = document.querySelector('hf-messages .scroller');
              const top = scroller.getBoundingClientRect().top;
              const first = [...scroller.querySelectorAll('hf-message')].find((each) => each.getBoundingClientRect().bottom > top);
              const before = first.getBoundingClientRect().top;
              await new Promise((resolve) => setTimeout(resolve, 250));
              return first.isConnected ? Math.abs(first.getBoundingClientRect().top - before) : 0;
            }""";

    /** Messages as a bulk of rows, as any SQL writer may make them. */
    private void fill(String channel, int count) {
        holdfast.jdbc().sql("""
                        insert into chat.message (id, channel_id, author_id, content)
                        select gen_random_uuid(), :channel::uuid, (select id from chat.account where handle = 'root'), 'message ' || n
                        from generate_series(1, :count) n
                        """).param("channel", channel).param("count", count).update();
    }

    /** The same without what happens at an insert, which takes its time for so many. */
    private void fillAtOnce(String channel, int count) {
        holdfast.jdbc().sql("""
                        do $$
                        begin
                          set local session_replication_role = replica;
                          insert into chat.message (channel_id, author_id, content, seq, position)
                          select '%1$s', (select id from chat.account where handle = 'root'), 'message ' || n, n, n
                          from generate_series((select seq from chat.channel where id = '%1$s') + 1, %2$d) n;
                          update chat.channel set seq = %2$d where id = '%1$s';
                        end $$
                        """.formatted(channel, count)).update();
    }
}
