package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Without TLS, on a network's own name, a browser gives no locks and no clipboard; all works nevertheless. */
@TestInstance(Lifecycle.PER_CLASS)
class PlainHttpTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person ben = holdfast.person("Ben");
    private final Person mira = holdfast.person("Mira").overPlainHttp();

    @AfterAll
    void close() {
        mira.close();
        ben.close();
    }

    /** A browser has six connections to a server. */
    @Test
    void nine_tabs_share_one_feed_and_another_takes_over_when_its_tab_closes() {
        var channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        assertThat(mira.evaluate("() => [isSecureContext, navigator.locks ?? null]", null))
                .as("what this test is about")
                .isEqualTo(Arrays.asList(false, null));
        var tabs = new ArrayList<Page>();
        tabs.add(mira.page);
        while (tabs.size() < 9) {
            var tab = mira.tab();
            mira.open(channel, tab);
            tabs.add(tab);
        }
        ben.rest().write(channel, "hello all tabs").mustBe(201);
        tabs.forEach(tab -> tab.locator("hf-message >> text=hello all tabs").waitFor());
        eventually(
                "one tab holds the feed",
                Duration.ofSeconds(5),
                () -> tabs.stream().filter(PlainHttpTest::leads).count() == 1);

        var leader = tabs.stream().filter(PlainHttpTest::leads).findFirst().orElseThrow();
        tabs.remove(leader);
        leader.close();
        eventually(
                "another tab leads",
                Duration.ofSeconds(5),
                () -> tabs.stream().filter(PlainHttpTest::leads).count() == 1);
        ben.rest().write(channel, "hello those that are left").mustBe(201);
        tabs.forEach(tab ->
                tab.locator("hf-message >> text=hello those that are left").waitFor());
        mira.page = tabs.removeFirst();
        tabs.forEach(Page::close);
        mira.live().write("and back");
        mira.page.locator("hf-message[data-status=complete] >> text=and back").waitFor();
    }

    @Test
    void two_tabs_that_both_think_they_lead_agree_on_one() {
        var channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        var second = mira.tab();
        mira.open(channel, second);
        for (var round = 0; round < 2; round++) { // in the second the one that goes on is the one that was frozen
            eventually("one leads", Duration.ofSeconds(5), () -> leads(second) != leads(mira.page));
            var leader = leads(second) ? second : mira.page;
            var other = leader == second ? mira.page : second;
            // one that is frozen answers nothing, so that another takes over
            leader.evaluate(
                    "() => { const channel = BroadcastChannel.prototype; window.post = channel.postMessage; channel.postMessage = () => {}; }");
            other.evaluate("() => holdfast.store.tabs.join()");
            eventually("the other leads", Duration.ofSeconds(5), () -> leads(other));
            leader.evaluate(
                    "() => { BroadcastChannel.prototype.postMessage = window.post; holdfast.store.tell({ type: 'I lead' }); }");
            eventually("one leads", Duration.ofSeconds(5), () -> leads(second) != leads(mira.page));
            for (var tab : List.of(mira.page, second)) {
                tab.waitForFunction("() => holdfast.store.connection === 'live'");
            }
        }
        ben.rest().write(channel, "still heard").mustBe(201);
        mira.awaitText("still heard");
        second.locator("hf-message >> text=still heard").waitFor();
        second.close();
    }

    @Test
    void code_is_copied_and_where_it_cannot_be_it_is_not_said_to_be() {
        var channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        ben.rest().write(channel, "```\nrm -rf ./build\n```").mustBe(201);
        mira.awaitText("rm -rf");
        var button = mira.page.locator(".copy");
        button.click();
        mira.page.locator(".copy >> text=/^Copied$/").waitFor();
        mira.page.locator(".copy >> text=/^Copy$/").waitFor();
        var field = mira.page.locator("hf-composer textarea");
        field.focus();
        field.press("Control+V");
        assertThat(field.inputValue().strip()).isEqualTo("rm -rf ./build");

        field.fill("");
        mira.evaluate("() => { document.execCommand = () => false; }", null);
        button.click();
        mira.page.locator(".copy >> text=Selected").waitFor();
        assertThat(mira.evaluate("() => getSelection().toString().trim()", null))
                .isEqualTo("rm -rf ./build");
    }

    private static boolean leads(Page tab) {
        return (boolean) tab.evaluate("() => holdfast.store.tabs.leads");
    }
}
