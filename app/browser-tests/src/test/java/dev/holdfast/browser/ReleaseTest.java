package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.TcpProxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The server is replaced by one whose page is another: each tab is wholly the old page or wholly the new one. */
@TestInstance(Lifecycle.PER_CLASS)
class ReleaseTest {

    /** Two files of the page, far from each other, each say which release they are of. */
    private static final Map<String, String> LATER = Map.of(
            "/app.js", "\nwindow.releases = [...(window.releases ?? []), 'app.js'];",
            "/views/view.js", "\nwindow.releases = [...(window.releases ?? []), 'view.js'];");

    private final Holdfast holdfast = Holdfast.shared();
    private final HoldfastProcess later = new HoldfastProcess("later", "web", holdfast.database.url())
            .release(LATER)
            .start();

    @AfterAll
    void close() {
        later.close();
    }

    @Test
    void a_new_release_takes_over_whole_in_every_tab_and_nothing_written_is_lost() {
        try (var proxy = TcpProxy.to("127.0.0.1", holdfast.process.port());
                var mira = holdfast.person("Mira", proxy.port());
                var ben = holdfast.person("Ben")) {
            var channel = holdfast.channel(mira, ben);
            mira.open(channel).live();
            mira.page.waitForFunction("() => navigator.serviceWorker.controller !== null");
            var second = mira.tab();
            mira.open(channel, second);

            proxy.moveTo(later.port());
            proxy.cut();
            var offer = mira.page.locator(".release button");
            offer.waitFor();
            assertThat(releases(mira.page)).as("offered, not forced").isEqualTo("");
            mira.reload();
            assertThat(releases(mira.page)).as("reloaded before taking over").isEqualTo("");
            assertThat(releases(second)).isEqualTo("");
            mira.write("written on the old page");
            mira.page.locator("hf-composer textarea").fill("half a sentence");
            ben.open(channel).awaitText("written on the old page");

            offer.click();
            for (var tab : new Page[] {mira.page, second}) {
                tab.waitForFunction("() => window.releases?.length === 2");
                assertThat(releases(tab)).isEqualTo("view.js app.js");
            }
            mira.page.locator("hf-composer textarea").waitFor();
            assertThat(mira.page.locator("hf-composer textarea").inputValue()).isEqualTo("half a sentence");
            mira.live().write("written on the new page");
            ben.awaitText("written on the new page");
            mira.offline();
            mira.reload();
            assertThat(releases(mira.page))
                    .as("the new page also opens offline")
                    .isEqualTo("view.js app.js");
            mira.awaitText("written on the new page");
            mira.assertNoComplaints();
        }
    }

    /** As where the new server has given its service worker and the old one is asked next. */
    @Test
    void a_service_worker_that_gets_another_release_than_its_own_does_not_begin() {
        try (var proxy = TcpProxy.to("127.0.0.1", holdfast.process.port());
                var mira = holdfast.person("Mira", proxy.port())) {
            var channel = holdfast.channel(mira);
            mira.open(channel).live();
            mira.page.waitForFunction("() => navigator.serviceWorker.controller !== null");
            var old = holdfast.administrator.get("/release.json").mustBe(200);
            var asked = new AtomicInteger();
            mira.context.route("**/release.json", route -> {
                asked.incrementAndGet();
                route.fulfill(new Route.FulfillOptions()
                        .setContentType("application/json")
                        .setBody(old.body()));
            });
            proxy.moveTo(later.port());
            proxy.cut();
            mira.page.waitForCondition(() -> asked.get() > 0);
            eventually("the worker is given up", Duration.ofSeconds(15), () -> (boolean) mira.page.evaluate("""
                    async () => {
                      const { installing, waiting } = await navigator.serviceWorker.getRegistration();
                      return !installing && !waiting;
                    }"""));
            assertThat(mira.page.locator(".release button").count()).isZero();
            mira.reload();
            mira.live();
            assertThat(releases(mira.page)).as("wholly the old page").isEqualTo("");

            mira.context.unroute("**/release.json");
            mira.page.evaluate("async () => void (await (await navigator.serviceWorker.getRegistration()).update())");
            mira.page.locator(".release button").click();
            mira.page.waitForFunction("() => window.releases?.length === 2");
        }
    }

    private static String releases(Page tab) {
        return (String) tab.evaluate("() => (window.releases ?? []).join(' ')");
    }
}
