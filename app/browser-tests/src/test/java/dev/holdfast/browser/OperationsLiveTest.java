package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.WaitForSelectorState;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The page /ops while it stays open: it reads everything anew every two seconds. */
@TestInstance(Lifecycle.PER_CLASS)
class OperationsLiveTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final OperationsWindow operations = new OperationsWindow(holdfast);
    private long failed;

    @BeforeAll
    void somethingToSee() {
        holdfast.models.on("broken-model", Script.fails(Fault.BAD_KEY));
        holdfast.administrator.post("/api/agents", """
                {"handle": "broken", "provider": "openai", "model": "broken-model"}""").mustBe(201);
        var channel = holdfast.channel();
        holdfast.add(channel, "broken");
        holdfast.administrator.write(channel, "@broken hello").mustBe(201);
        holdfast.administrator.write(channel, "@ada [[words=5]]").mustBe(201);
        Eventually.eventually(
                "it failed",
                Duration.ofSeconds(30),
                () -> operations.count("state = 'failed' and agent = 'broken'") == 1);
        failed = holdfast.jdbc()
                .sql("select id from ops.generations where agent = 'broken'")
                .query(Long.class)
                .single();
    }

    @AfterAll
    void noComplaints() {
        operations.mustHaveNoComplaints();
    }

    @Test
    void it_is_read_though_the_page_is_there_before_it_knows_whose_it_is() {
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            // a browser that has lost its copy and not whose it was
            context.addInitScript("localStorage.setItem('holdfast.account', '%s')"
                    .formatted(holdfast.administrator
                            .get("/api/me")
                            .mustBe(200)
                            .json()
                            .path("id")
                            .stringValue()));
            operations.open(context, "/ops");
        }
    }

    @Test
    void what_is_under_the_keyboard_stays_that_generation_when_a_new_one_is_listed_above_it() {
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var page = operations.open(context, "/ops");
            var tick = page.getByLabel("Select generation " + failed, new Page.GetByLabelOptions().setExact(true));
            tick.focus();
            holdfast.administrator.write(holdfast.channel(), "@ada [[words=5]]").mustBe(201);
            var newest = holdfast.jdbc()
                    .sql("select max(id) from ops.generations")
                    .query(Long.class)
                    .single();
            page.locator("a[href='/ops/generations/" + newest + "']").waitFor();
            page.keyboard().press("Space");
            page.locator(".panel.wide .bulk >> text=1 generation").waitFor();
            assertThat(tick.isChecked())
                    .as("generation " + failed + " is ticked")
                    .isTrue();
        }
    }

    @Test
    void what_a_minute_came_to_is_said_of_the_last_whole_one() {
        Eventually.eventually(
                "every reply", Duration.ofSeconds(60), () -> operations.count("state in ('queued', 'running')") == 0);
        allCompletedInTheLastMinute(); // before the page looks: the minute that has just begun has none
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var page = operations.open(context, "/ops");
            Eventually.eventually("the last whole minute's number", Duration.ofSeconds(30), () -> {
                var finished = allCompletedInTheLastMinute();
                return page.locator(".chart[aria-label^='Ended a minute: finished " + finished + ",']")
                                .count()
                        == 1;
            });
        }
    }

    private long allCompletedInTheLastMinute() {
        var finished = holdfast.jdbc().sql("""
                        with moved as (
                          update chat.generation set finished_at = date_trunc('minute', now()) - interval '30 seconds'
                          where state = 'completed' returning 1
                        )
                        select count(*) from moved""").query(Long.class).single();
        assertThat(finished).isPositive();
        return finished;
    }

    @Test
    void behind_several_web_processes_the_charts_of_one_are_shown_and_those_of_another_when_it_is_gone() {
        try (var other = new HoldfastProcess("ops-other", "web", holdfast.database.url()).start();
                var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var asked = new AtomicInteger();
            var gone = new AtomicBoolean();
            var page = context.newPage();
            // as a proxy in front of both that takes turns
            page.route("**/api/ops/metrics*", route -> {
                var port = gone.get() || asked.getAndIncrement() % 2 == 1 ? other.port() : holdfast.process.port();
                var url = route.request().url().replace(":" + holdfast.process.port(), ":" + port);
                var answer = route.fetch(new Route.FetchOptions().setUrl(url));
                assertThat(answer.status()).isEqualTo(200);
                route.fulfill(new Route.FulfillOptions().setResponse(answer));
            });
            page.navigate("http://127.0.0.1:" + holdfast.process.port() + "/ops");
            page.locator("hf-chart canvas").first().waitFor();
            page.evaluate("""
                    () => {
                      window.seen = new Set();
                      const look = () => seen.add([...document.querySelectorAll('.chart .note')].map((note) => note.textContent).filter((note) => note.includes('process')).join());
                      look();
                      new MutationObserver(look).observe(document.querySelector('.charts'), { subtree: true, childList: true, characterData: true });
                    }""");
            for (var look = 0; look < 5; look++) {
                var before = asked.get();
                page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))");
                page.waitForCondition(() -> asked.get() > before);
            }
            assertThat((List<?>) page.evaluate("[...seen]"))
                    .singleElement()
                    .asString()
                    .as("flush, browsers and lag, all of this process")
                    .matches("(in the web process \\S+-" + holdfast.process.pid() + ",?){3}");
            gone.set(true);
            page.evaluate("() => { const now = Date.now; Date.now = () => now() + 60_000; }");
            page.locator(".chart .note", new Page.LocatorOptions().setHasText(Pattern.compile("-" + other.pid() + "$")))
                    .first()
                    .waitFor();
            assertThat(page.locator(".chart .note >> text=process").count())
                    .as("no flush, as it runs no generations")
                    .isEqualTo(2);
        }
    }

    @Test
    void the_page_goes_on_by_itself_after_the_database_was_away_and_came_back_as_an_older_backup() {
        var channel = holdfast.channel();
        var forgotten = holdfast.administrator
                .write(channel, "@ada [[words=5]]")
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
        var id = holdfast.jdbc()
                .sql("select id from chat.generation where asked_by_message = ?::uuid")
                .param(forgotten)
                .query(Long.class)
                .single();
        Eventually.eventually(
                "the reply", Duration.ofSeconds(30), () -> operations.count("state = 'completed' and id = " + id) == 1);
        var real = holdfast.database;
        try (var way = TcpProxy.to(real.host(), real.port());
                var process = new HoldfastProcess(
                                "ops-restored",
                                "web",
                                new TestDatabase("127.0.0.1", way.port(), real.name(), real.user(), real.password())
                                        .url())
                        .start();
                var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var page = operations.open(context, process.port(), "/ops/generations/" + id);
            var problem = page.locator(".ops .sheet > .problem");
            page.locator("dialog.story .timeline").waitFor();
            assertThat(problem.count()).isZero();

            way.refuse();
            problem.waitFor();
            holdfast.jdbc()
                    .sql("delete from chat.generation where id = ?")
                    .param(id)
                    .update();
            way.restore();

            // a question that was under way then is given up after 30 s
            page.locator("dialog.story")
                    .waitFor(new Locator.WaitForOptions()
                            .setState(WaitForSelectorState.DETACHED)
                            .setTimeout(60_000));
            page.locator(".ops .problem >> text=There is no generation " + id).waitFor();
            // or the row could move under the click
            page.locator("a[href='/ops/generations/" + id + "']")
                    .waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.DETACHED));
            page.locator("a[href='/ops/generations/" + failed + "']").click();
            page.locator("dialog.story >> text=Generation " + failed).waitFor();
            problem.waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.DETACHED));
        }
    }
}
