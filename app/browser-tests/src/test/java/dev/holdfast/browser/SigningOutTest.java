package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext.ClearCookiesOptions;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** When a session is over, nothing of it is left to the next person, and what is not sent to its own. */
@TestInstance(Lifecycle.PER_CLASS)
class SigningOutTest {

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
    void signing_out_in_one_tab_ends_the_feed_of_the_one_that_holds_it() {
        try (var eve = holdfast.person("Eve")) {
            var theirs = holdfast.channel(eve);
            eve.open(theirs).live();
            var second = eve.tab();
            eve.open(theirs, second);
            var leader = Person.leads(eve.page) ? eve.page : second;
            var other = leader == second ? eve.page : second;
            other.evaluate("() => holdfast.go('/settings')");
            other.locator("button.bad >> text=/^Sign out$/").click();
            leader.locator("hf-sign-in form").waitFor();
            var asked = new AtomicInteger();
            leader.onRequest(request -> {
                if (request.url().endsWith("/api/feed")) asked.incrementAndGet();
            });
            // a feed that still runs connects within a second of this
            leader.evaluate(
                    "async () => { dispatchEvent(new Event('online')); await new Promise((resolve) => setTimeout(resolve, 1500)); }");
            assertThat(asked.get()).isZero();
        }
    }

    @Test
    void signing_out_wipes_this_browsers_copy_in_every_tab() {
        var eve = holdfast.person("Eve");
        var theirs = holdfast.channel(eve, ben);
        eve.open(theirs).live();
        var second = eve.tab();
        eve.open(theirs, second);
        eve.write("a secret");
        Person.awaitText(second, "a secret");
        eve.signOut();
        second.locator("hf-sign-in form").waitFor();
        awaitNoDatabase(eve);
        eve.close();
    }

    /** What one tab stores another may see a little later. */
    @Test
    void a_tab_that_still_finds_the_account_stored_leaves_no_copy_behind_either() {
        var eve = holdfast.person("Eve");
        var theirs = holdfast.channel(eve, ben);
        eve.open(theirs).live();
        var second = eve.tab();
        eve.open(theirs, second);
        second.evaluate("""
                () => {
                  const { id } = holdfast.store.me;
                  const { getItem } = Storage.prototype;
                  Storage.prototype.getItem = function (key) { return key === 'holdfast.account' ? id : getItem.call(this, key); };
                }""");
        eve.signOut();
        second.locator("hf-sign-in form").waitFor();
        awaitNoDatabase(eve);
        eve.close();
    }

    @Test
    void signing_out_wipes_all_though_the_feed_hears_first_that_the_session_is_over() {
        var eve = holdfast.person("Eve");
        eve.open(holdfast.channel(eve)).live();
        typeWithoutAPause(eve.page, "half a secret");
        var answers = new ArrayList<Runnable>();
        eve.page.route("**/api/session", route -> {
            var answer = route.fetch();
            answers.add(() -> route.fulfill(new Route.FulfillOptions().setResponse(answer)));
        });
        eve.signOut();
        answers.forEach(Runnable::run);
        awaitNoDatabase(eve);
        eve.close();
    }

    @Test
    void signing_out_wipes_all_though_the_answer_to_it_is_lost() {
        try (var eve = holdfast.person("Eve")) {
            var theirs = holdfast.channel(eve);
            eve.open(theirs).live();
            var second = eve.tab();
            eve.open(theirs, second);
            typeWithoutAPause(eve.page, "half a secret");
            eve.context.route("**/api/session", route -> {
                route.fetch();
                route.abort();
            });
            second.evaluate("() => holdfast.go('/settings')");
            second.locator("button.bad >> text=/^Sign out$/").click();
            eve.page.locator("hf-sign-in form").waitFor();
            awaitNoDatabase(eve);
        }
    }

    @Test
    void a_wrong_password_is_tried_once() {
        var tries = new AtomicInteger();
        mira.page.onRequest(request -> {
            if (request.url().endsWith("/api/me/password")) tries.incrementAndGet();
        });
        mira.page.evaluate("() => holdfast.go('/settings')");
        mira.page.locator("input[name=current]").fill("not the one");
        mira.page.locator("input[name=password]").fill(Holdfast.PASSWORD + "2");
        mira.page.locator("input[name=password]").press("Enter");
        mira.page.locator("[role=alert]").waitFor();
        assertThat(tries.get()).isOne();
    }

    @Test
    void a_browser_that_has_lost_its_token_sends_again_with_a_new_one() {
        mira.page.context().clearCookies(new ClearCookiesOptions().setName("XSRF-TOKEN"));
        mira.write("sent all the same");
        ben.awaitText("sent all the same");
        mira.awaitSent();
    }

    @Test
    void a_session_ended_elsewhere_is_over_here_within_seconds() {
        var eve = holdfast.person("Eve");
        eve.open(holdfast.channel(eve)).live();
        try (var phone = eve.device()) {
            phone.signOutThere();
            eve.page.locator("hf-sign-in form").waitFor();
        }
        eve.close();
    }

    @Test
    void what_is_half_typed_in_any_tab_outlasts_the_session_and_is_shown_to_nobody_else() {
        try (var eve = holdfast.person("Eve");
                var phone = eve.device();
                var zoe = holdfast.person("Zoe")) {
            var here = holdfast.channel(eve, zoe);
            var there = holdfast.channel(eve, zoe);
            eve.open(here).live();
            var second = eve.tab();
            eve.open(there, second);
            typeWithoutAPause(eve.page, "half a thought");
            typeWithoutAPause(second, "and half another");
            phone.signOutThere();
            second.locator("hf-sign-in form").waitFor();

            eve.signIn(zoe.handle).open(here);
            assertThat(Person.draft(eve.page)).isEmpty();
            eve.signOut();
            eve.signIn(eve.handle).open(here);
            assertThat(Person.draft(eve.page)).isEqualTo("half a thought");
            eve.open(there);
            assertThat(Person.draft(eve.page)).isEqualTo("and half another");
            eve.signOut();
            eve.signIn(eve.handle).open(here);
            assertThat(Person.draft(eve.page)).isEmpty();
            eve.assertNoComplaints();
        }
    }

    /** Tabs that keep nothing hear nothing of each other, and this one's feed has not come back yet. */
    @Test
    void a_tab_that_missed_that_another_person_signed_in_sends_nothing_in_their_name() {
        try (var eve = holdfast.person("Eve");
                var zoe = holdfast.person("Zoe")) {
            eve.context.addInitScript("Object.defineProperty(window, 'indexedDB', { value: undefined })");
            var theirs = holdfast.channel(eve, zoe);
            eve.open(theirs).live();
            var missed = eve.page;
            missed.route("**/api/feed", route -> {}); // it never comes back
            var posts = Aborted.requests(missed, "POST", "**/api/channels/*/messages");
            eve.write("these are my words");
            eve.page = eve.tab();
            eve.open(theirs).signOut();
            eve.signIn(zoe.handle);
            missed.waitForResponse(response -> response.request().method().equals("POST"), () -> {
                posts.letThrough();
                missed.evaluate("() => dispatchEvent(new Event('online'))");
            });
            assertThat(holdfast.messages(theirs)).isEmpty();
            missed.locator("hf-sign-in form").waitFor();
            assertThat(missed.evaluate("() => localStorage.getItem('holdfast.account')"))
                    .as("whose copy a start without the server opens")
                    .isNotNull();

            missed.unroute("**/api/feed");
            eve.page = missed;
            eve.signIn(eve.handle).open(theirs);
            missed.locator("hf-message[data-status=complete] >> text=these are my words")
                    .waitFor();
            assertThat(holdfast.messages(theirs))
                    .singleElement()
                    .satisfies(message -> assertThat(
                                    message.path("author").path("handle").stringValue())
                            .isEqualTo(eve.handle));
            eve.assertNoComplaints();
        }
    }

    @Test
    void what_a_tab_was_about_to_send_when_another_signed_out_is_not_sent() {
        try (var eve = holdfast.person("Eve");
                var zoe = holdfast.person("Zoe")) {
            var theirs = holdfast.channel(eve, zoe);
            eve.open(theirs).live();
            var slow = eve.page;
            // it keeps that the entry is tried, and the answer to that takes long
            slow.evaluate("""
                    () => {
                      const { copy } = holdfast.store;
                      const { put } = copy;
                      copy.put = (store, value, key) => (value.tried ? new Promise((resolve) => (window.answer = resolve)) : put(store, value, key));
                    }""");
            var posts = new AtomicInteger();
            slow.onRequest(request -> {
                if (request.method().equals("POST")) posts.incrementAndGet();
            });
            eve.write("these are my words");
            slow.waitForFunction("() => window.answer");
            eve.page = eve.tab();
            eve.open(theirs).page.evaluate("() => holdfast.go('/settings')");
            eve.page.locator("text=Sign out anyway…").click();
            eve.signOut();
            slow.locator("hf-sign-in form").waitFor();
            eve.signIn(zoe.handle);
            slow.evaluate("async () => { window.answer(); await fetch('/api/setup'); }");
            assertThat(posts.get()).isZero();
            assertThat(holdfast.messages(theirs)).isEmpty();
        }
    }

    /** On a slow network what one person asked for is answered when the next is here. */
    @Test
    void an_answer_to_who_has_signed_out_is_neither_awaited_nor_kept_for_who_signs_in_next() {
        try (var eve = holdfast.person("Eve");
                var zoe = holdfast.person("Zoe")) {
            var theirs = holdfast.channel(eve, zoe);
            eve.open(theirs).live();
            var secret = holdfast.channel();
            holdfast.administrator.write(secret, "for eve alone").mustBe(201);
            var answers = new ArrayList<Runnable>();
            eve.page.route("**/channels/" + secret + "/messages?*", route -> {
                var answer = route.fetch();
                answers.add(() -> route.fulfill(new Route.FulfillOptions().setResponse(answer)));
            });
            holdfast.add(secret, eve.handle);
            eve.page.waitForCondition(() -> !answers.isEmpty());
            eve.signOut();
            eve.signIn(zoe.handle).open(theirs);
            answers.forEach(Runnable::run);
            eve.write("only this");
            eve.page
                    .locator("hf-message[data-status=complete] >> text=only this")
                    .waitFor();
            assertThat(Person.stored(secret, eve.page)).isEmpty();
            eve.assertNoComplaints();
        }
    }

    private static void awaitNoDatabase(Person person) {
        eventually(
                "no database is left",
                Duration.ofSeconds(5),
                () -> person.page
                        .evaluate(
                                "async () => (await indexedDB.databases()).filter((each) => each.name.startsWith('holdfast')).length")
                        .equals(0));
    }

    /** Until somebody pauses what they type is in the field alone. */
    private static void typeWithoutAPause(Page tab, String text) {
        tab.evaluate("""
                () => {
                  const real = setTimeout;
                  window.setTimeout = (work, wait, ...rest) => (wait === 300 ? 0 : real(work, wait, ...rest));
                }""");
        tab.locator("hf-composer textarea").fill(text);
    }
}
