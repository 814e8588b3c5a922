package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static dev.holdfast.browser.Eventually.pause;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import dev.holdfast.testing.Texts;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mention becomes a reply that two people in two browsers watch. */
@TestInstance(Lifecycle.PER_CLASS)
class ReplyTest {

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
        mira.assertNoComplaints();
        ben.assertNoComplaints();
        mira.close();
        ben.close();
    }

    @Test
    void two_browsers_see_the_placeholder_then_growing_text_then_the_final_markdown() {
        watchText(mira.page);
        watchText(ben.page);
        // paused, or the first words could be there before a busy browser draws the placeholder
        pauseAda(true);
        try {
            mira.write("@ada go on [[words=200 pace=50 kind=markdown]]");
            for (var person : new Person[] {mira, ben})
                person.page.waitForFunction("() => watched[0]?.length === 0 && watched[0].status === 'queued'");
        } finally {
            pauseAda(false);
        }
        mira.awaitReply("complete");
        ben.awaitReply("complete");
        assertThat(mira.reply().locator("button.plain"))
                .as("nothing left to stop")
                .satisfies(buttons -> assertThat(buttons.count()).isZero());
        for (var person : new Person[] {mira, ben}) {
            var seen = Person.map(person.page.evaluate(GROWTH));
            System.out.println("Text grew in the browser of " + person.handle + ": " + seen);
            assertThat(((Number) seen.get("perSecond")).doubleValue()).isGreaterThan(10);
            assertThat(((Number) seen.get("longestPause")).doubleValue())
                    .as("ms; 250 on an idle machine")
                    .isLessThan(1_500);
            assertThat(person.reply().locator("strong, code, table").count()).isPositive();
        }
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @ParameterizedTest
    @CsvSource({
        "emoji, 400, units",
        "combining, 400, bytes",
        "rtl, 400, bytes",
        "nul, 300, words",
        "markdown, 3000, words",
        "mixed, 100000, words"
    })
    void both_browsers_end_with_the_byte_identical_text_that_the_model_sent(String kind, int characters, String split) {
        mira.write("@ada say [[chars=%d kind=%s split=%s seed=3]]".formatted(characters, kind, split));
        mira.awaitReply("complete");
        ben.awaitReply("complete");
        var sent = Texts.ofLength(Texts.Kind.valueOf(kind.toUpperCase()), characters, 3)
                .replace("\u0000", "");
        for (var person : new Person[] {mira, ben}) {
            assertThat(person.stored(channel).getLast().path("content").stringValue())
                    .isEqualTo(sent);
        }
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void a_reload_mid_reply_shows_at_once_all_the_text_so_far_and_goes_on() {
        mira.write("@ada go on [[words=150 pace=50]]");
        mira.awaitReply("streaming");
        awaitLength(mira, 150);
        var before = length(mira);
        mira.page.addInitScript("""
                if (sessionStorage.getItem('no feed')) {
                  const { fetch } = window;
                  window.fetch = (path, init) => path === '/api/feed' ? new Promise((go) => (window.letGo = () => go(fetch(path, init)))) : fetch(path, init);
                }""");
        mira.page.evaluate("() => sessionStorage.setItem('no feed', 'which would bring it anew')");
        mira.reload();
        mira.page.evaluate("() => sessionStorage.removeItem('no feed')");
        eventually("all the text so far is on screen again", Duration.ofSeconds(5), () -> length(mira) >= before);
        mira.page.waitForFunction("() => window.letGo");
        mira.page.evaluate("() => letGo()");
        mira.awaitReply("complete");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void a_browser_opened_only_mid_reply_sees_all_the_text_so_far_and_the_rest() {
        mira.write("@ada go on [[words=300 pace=50]]");
        awaitLength(mira, 150);
        try (var phone = mira.device()) {
            phone.open(channel);
            awaitLength(phone, 150);
            phone.awaitReply("complete");
            Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, phone);
        }
    }

    @Test
    void whoever_asked_deletes_the_answer_and_no_other_member_may() {
        mira.write("@ada say a word");
        mira.awaitReply("complete");
        ben.awaitReply("complete");
        ben.reply().hover();
        assertThat(ben.reply().getByLabel("Reply").count()).isOne();
        assertThat(ben.reply().getByLabel("Delete").count()).isZero();
        mira.reply().hover();
        mira.reply().getByLabel("Delete").click();
        mira.page.locator(".tools.sure >> text=Delete >> nth=-1").click();
        ben.awaitText("This message was deleted.");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void closing_all_browsers_changes_nothing_for_the_reply() {
        mira.write("@ada go on [[words=100 pace=50]]");
        awaitLength(mira, 20);
        mira.page.close();
        ben.page.close();
        ben.page = ben.tab();
        eventually(
                "the reply is complete",
                Duration.ofSeconds(20),
                () -> holdfast.messages(channel)
                        .getLast()
                        .path("status")
                        .stringValue()
                        .equals("complete"));
        mira.page = mira.tab();
        mira.open(channel);
        ben.open(channel);
        mira.awaitReply("complete");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void stop_ends_a_reply_in_both_browsers_keeps_its_text_and_retry_runs_it_again() {
        mira.write("@ada go on [[words=40 fault=stall after=8 times=1 key=%s]]".formatted(channel));
        awaitLength(ben, 20);
        ben.reply().locator("text=Stop").click();
        mira.awaitReply("stopped");
        ben.awaitReply("stopped");
        assertThat(length(mira)).isGreaterThanOrEqualTo(20);
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
        mira.reply().locator("text=Retry").click();
        ben.awaitReply("complete");
        mira.awaitReply("complete");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    @Test
    void a_failure_says_in_words_what_happened_and_offers_retry() {
        mira.write("@ada go on [[words=40 fault=bad_key times=1 key=%s]]".formatted(channel));
        mira.awaitReply("failed");
        assertThat(mira.reply().locator(".state.failed").innerText())
                .contains("key")
                .contains("Retry");
        mira.reply().locator("text=Retry").click();
        mira.awaitReply("complete");
    }

    @Test
    void a_reply_that_was_cut_short_says_so_below_its_text() {
        mira.write("@ada go on [[words=40 fault=length after=12]]");
        mira.awaitReply("complete");
        assertThat(mira.reply().locator(".state").innerText())
                .isEqualTo("The reply was cut off at its limit, after 12 tokens."
                        + " Ask for the rest, or raise the agent's maxTokens.");
        assertThat(mira.reply().locator("hf-text").innerText()).doesNotContain("cut off");
    }

    @Test
    void a_rate_limited_reply_says_when_it_is_tried_again() {
        mira.write("@ada go on [[words=20 fault=rate_limited retry=2 times=1 key=%s]]".formatted(channel));
        mira.page
                .locator(".state", new Page.LocatorOptions().setHasText("Next try in"))
                .waitFor();
        mira.awaitReply("complete");
    }

    @Test
    void a_browser_whose_clock_is_wrong_counts_down_by_the_server_s() {
        try (var late = mira.device()) {
            late.page.addInitScript("{ const now = Date.now; Date.now = () => now() - 600_000; }");
            late.open(channel).live();
            late.write("@ada go on [[words=20 fault=rate_limited retry=4 times=1 key=late-%s]]".formatted(channel));
            var state = late.page.locator(".state", new Page.LocatorOptions().setHasText("Next try in"));
            state.waitFor();
            assertThat(state.innerText()).containsPattern("Next try in \\d s");
            late.awaitReply("complete");
        }
    }

    @Test
    void a_reply_of_an_agent_that_is_paused_says_so_and_begins_once_it_is_resumed() {
        var agent = holdfast.administrator.post("/api/agents", """
                {"handle": "dozer", "provider": "openai", "model": "test-model"}""").mustBe(201).json();
        var path = "/api/agents/" + agent.path("id").stringValue();
        holdfast.add(channel, "dozer");
        holdfast.administrator.patch(path, "{\"paused\": true}").mustBe(200);
        mira.write("@dozer are you there?");
        mira.page.locator(".state >> text=The agent is paused").waitFor();
        holdfast.administrator.patch(path, "{\"paused\": false}").mustBe(200);
        mira.awaitReply("complete");
    }

    @Test
    void what_any_sql_writer_posts_appears_and_is_answered() {
        holdfast.jdbc()
                .sql(
                        "select chat.post(c.name, :handle, 'good morning @ada') from chat.channel c where c.id = :channel::uuid")
                .param("handle", ben.handle)
                .param("channel", channel)
                .query()
                .singleValue();
        mira.awaitText("good morning");
        mira.awaitReply("complete");
        Eventually.equal(holdfast, channel, Duration.ofSeconds(5), mira, ben);
    }

    private void pauseAda(boolean paused) {
        holdfast.jdbc()
                .sql("select outcome from ops." + (paused ? "pause" : "resume") + "_agent('ada')")
                .query(String.class)
                .single();
    }

    /** Remembers when the text of the last reply on screen changed. */
    private static void watchText(Page page) {
        page.evaluate("""
                () => {
                  window.watched = [];
                  const look = () => {
                    const last = [...document.querySelectorAll('hf-message:has(.message.agent)')].at(-1);
                    const length = last?.querySelector('.text')?.textContent.length ?? 0;
                    if (last && length !== watched.at(-1)?.length) watched.push({ at: performance.now(), length, status: last.dataset.status });
                    requestAnimationFrame(look);
                  };
                  look();
                }""");
    }

    private static final String GROWTH = """
            () => {
              const grew = watched.filter((each) => each.status === 'streaming');
              const pauses = grew.slice(1).map((each, index) => each.at - grew[index].at);
              const seconds = (grew.at(-1).at - grew[0].at) / 1000;
              return { perSecond: grew.length / seconds, longestPause: Math.max(...pauses), seconds };
            }""";

    private static final String LENGTH =
            "[...document.querySelectorAll('hf-message .agent .text')].at(-1)?.textContent.length";

    private static int length(Person person) {
        var length = person.page.evaluate("() => " + LENGTH);
        return length == null ? 0 : (int) length;
    }

    private static void awaitLength(Person person, int least) {
        eventually(
                least + " characters on the screen of " + person.handle,
                Duration.ofSeconds(20),
                () -> length(person) >= least);
        pause(10);
    }
}
