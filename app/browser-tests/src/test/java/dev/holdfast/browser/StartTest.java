package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import dev.holdfast.testing.TcpProxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A page of which something is missing opens all the same, or says what to do: it is never white. */
class StartTest {

    /** The first time, and as often as reopen.js opens the page again. */
    private static final int TRIES = 4;

    private final Holdfast holdfast = Holdfast.shared();

    @Test
    void a_first_opening_is_told_of_all_its_modules_at_once() {
        try (var mira = holdfast.person("Mira")) {
            mira.open(holdfast.channel(mira)).live();
            var learntLater = mira.evaluate("""
                    () => {
                      const told = [...document.querySelectorAll('link[rel=modulepreload], script[src]')];
                      const asked = performance.getEntriesByType('resource').map(({ name }) => name);
                      return asked.filter((name) => /\\.m?js$/.test(name) && !told.some(({ href, src }) => name === (href ?? src)));
                    }""", null);
            assertThat((List<?>) learntLater).isEmpty();
            mira.assertNoComplaints();
        }
    }

    @Test
    void a_module_that_does_not_arrive_is_asked_for_again() {
        a_file_that_does_not_arrive_is_asked_for_again("/store/merge.js");
    }

    @Test
    void a_style_sheet_that_does_not_arrive_is_asked_for_again() {
        a_file_that_does_not_arrive_is_asked_for_again("/css/layout.css");
    }

    private void a_file_that_does_not_arrive_is_asked_for_again(String path) {
        try (var mira = holdfast.person("Mira")) {
            var asked = new AtomicInteger();
            mira.page.route("**" + path, route -> {
                if (asked.getAndIncrement() < 2) route.abort("aborted");
                else route.resume();
            });
            mira.open(holdfast.channel(mira)).live();
            assertThat(asked.get()).as("the third may be the service worker's").isBetween(2, 3);
            assertThat(mira.page.locator(".starting").isVisible()).isFalse();
            assertThat(mira.evaluate("() => sessionStorage.getItem('holdfast.tries')", null))
                    .as("the next time has all its tries")
                    .isNull();
        }
    }

    @Test
    void a_page_that_cannot_open_offline_says_what_to_do_and_opens_when_the_network_is_back() {
        try (var mira = holdfast.person("Mira")) {
            var channel = holdfast.channel(mira);
            mira.open(channel).live();
            lose(mira, "/store/merge.js");
            mira.offline();
            anotherTab(mira);
            var opened = new AtomicInteger();
            mira.page.onFrameNavigated(frame -> opened.incrementAndGet());
            goTo(mira, channel);
            // on a slow machine the remedy can be read before the last time, which would open the page by itself
            mira.page.waitForCondition(
                    () -> opened.get() == TRIES, new Page.WaitForConditionOptions().setTimeout(40_000));
            // the remedy counts as visible before its style sheet has come, and a module may still be on its way
            mira.page.waitForLoadState();
            remedy(mira, "This takes longer than it should.");
            mira.online();
            mira.page.locator("text=Open Holdfast again").click();
            mira.live();
            mira.assertNoComplaints();
        }
    }

    @Test
    void a_server_that_takes_the_connection_and_answers_nothing_holds_no_page_up() {
        try (var proxy = TcpProxy.to("127.0.0.1", holdfast.process.port());
                var mira = holdfast.person("Mira", proxy.port())) {
            var channel = holdfast.channel(mira);
            mira.open(channel).live();
            guarded(mira);
            proxy.blackHole();
            inAnotherTab(mira, channel);
            mira.page.locator("hf-composer textarea").waitFor();

            lose(mira, "/index.html");
            inAnotherTab(mira, channel);
            remedy(mira, "the server does not answer");
            proxy.restore();
            mira.page.locator("text=Try again").click();
            mira.live();
        }
    }

    private static void inAnotherTab(Person person, String channel) {
        anotherTab(person);
        goTo(person, channel);
    }

    private static void anotherTab(Person person) {
        person.page.close();
        person.page = person.tab();
    }

    private static void goTo(Person person, String channel) {
        person.page.navigate(person.origin() + "/c/" + channel);
    }

    /** As a browser does that needs the room, or whose disk is damaged. */
    private static void lose(Person person, String path) {
        guarded(person);
        var gone = person.evaluate("""
                async (path) => {
                  const releases = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
                  return (await Promise.all(releases.map((each) => each.delete(path)))).includes(true);
                }""", path);
        assertThat(gone).isEqualTo(true);
    }

    private static void remedy(Person person, String text) {
        person.page.locator("text=" + text).waitFor(new Locator.WaitForOptions().setTimeout(40_000));
    }

    private static void guarded(Person person) {
        person.page.waitForFunction("() => navigator.serviceWorker.controller !== null");
    }
}
