package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** History of any length, and finding things in it. */
@TestInstance(Lifecycle.PER_CLASS)
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
        holdfast.fill(channel, 400);
        mira.open(channel).live();
        mira.awaitText("message 400");
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
        mira.awaitText("message 400");
        assertThat(mira.messages().count()).isLessThanOrEqualTo(240);
    }

    @Test
    void scrolling_up_from_a_message_far_above_leaves_nothing_out() {
        var channel = holdfast.channel(mira);
        holdfast.fill(channel, 300);
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

    @Test
    void a_page_that_long_messages_make_shorter_is_not_taken_for_the_beginning() {
        var channel = holdfast.channel();
        holdfast.jdbc().sql("""
                insert into chat.message (channel_id, author_id, content)
                select ?::uuid, (select id from chat.account where handle = 'root'), 'message ' || n || repeat(E'\n', 65000)
                from generate_series(1, 40) n
                """).param(channel).update();
        holdfast.add(channel, mira.handle);
        mira.open(channel).live().awaitText("message 40");
        eventually("the first one comes", Duration.ofSeconds(10), () -> {
            mira.page.evaluate("() => { document.querySelector('hf-messages .scroller').scrollTop = 0; }");
            return mira.page.locator("hf-message >> text=/^message 1$/").count() == 1;
        });
        mira.page.locator("text=This is where the conversation begins").waitFor();
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
            holdfast.fill(channel, 1);
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
        holdfast.fill(channel, 300);
        mira.open(channel).live();
        mira.rest().write(channel, "the needle is here").mustBe(201);
        holdfast.fill(channel, 200);
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
        var channel = holdfast.channel();
        holdfast.fillAtOnce(channel, 6_000);
        holdfast.add(channel, mira.handle);
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
    void of_two_links_one_after_the_other_the_second_is_followed() {
        var channel = holdfast.channel();
        holdfast.fillAtOnce(channel, 400);
        holdfast.add(channel, mira.handle);
        mira.open(channel).live().awaitText("message 400");
        mira.hold("/messages?before=");
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=20')", channel);
        mira.awaitHeld(channel);
        mira.page.evaluate("(channel) => holdfast.go('/c/' + channel + '?at=250')", channel);
        mira.letGo();
        var second = mira.page.locator("hf-message.found >> text=/^message 250$/");
        second.waitFor();
        // the first one lies a page further up: whoever still waited for it would come to it about now
        mira.page.evaluate("""
                async () => {
                  await (await fetch(held[0].path)).text();
                  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
                }""");
        assertThat(second.isVisible()).isTrue();
        assertThat(mira.page.locator("hf-message >> text=/^message 20$/").count())
                .isZero();
    }

    @Test
    void a_quote_leads_to_its_message_whenever_it_is_followed_and_the_reply_that_is_being_written_stays() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        var asked = mira.rest().write(channel, "the first of all").mustBe(201).json();
        mira.awaitText("the first of all");
        holdfast.fill(channel, 120);
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
    void a_draft_that_answers_a_message_still_does_so_when_one_has_been_elsewhere() {
        var channel = holdfast.channel(mira);
        var asked = mira.rest().write(channel, "what do you think?").mustBe(201).json();
        mira.rest().write(channel, "in between").mustBe(201);
        mira.open(channel).live().awaitText("in between");
        var question = mira.messages().first();
        question.hover();
        question.locator("[aria-label=Reply]").click();
        var field = mira.page.locator("hf-composer textarea");
        field.fill("I agree");
        mira.page.evaluate("() => holdfast.go('/people')");
        mira.page.locator("hf-people").waitFor();
        mira.page.goBack();
        mira.page.locator(".replying >> text=what do you think?").waitFor();
        mira.reload();
        mira.page.locator(".replying >> text=what do you think?").waitFor();
        assertThat(field.inputValue()).isEqualTo("I agree");
        field.press("Enter");
        mira.page.locator(".asked >> text=what do you think?").waitFor();
        mira.page.locator("hf-message[data-status=complete]").nth(2).waitFor();
        assertThat(holdfast.messages(channel).getLast().path("replyTo").stringValue())
                .isEqualTo(asked.path("id").stringValue());
        mira.open(holdfast.channel(mira));
        mira.open(channel).awaitText("I agree");
        assertThat(mira.page.locator(".replying").count()).isZero();
    }

    @Test
    void a_quote_is_cut_between_characters() {
        var channel = holdfast.channel(mira);
        var asked = mira.rest()
                .write(channel, "x".repeat(139) + "😀 and more")
                .mustBe(201)
                .json();
        mira.rest().write(channel, "in between").mustBe(201);
        reply(channel, asked.path("id").stringValue());
        mira.open(channel).live();
        mira.page.locator(".asked >> text=xxx").waitFor();
        assertThat(mira.page.evaluate("() => document.querySelector('.asked').textContent.isWellFormed()"))
                .isEqualTo(true);
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
}
