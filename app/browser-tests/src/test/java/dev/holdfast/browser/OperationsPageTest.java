package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page /ops: operators look, administrators mend, on any screen and by keyboard or screen reader as well. */
@TestInstance(Lifecycle.PER_CLASS)
class OperationsPageTest {

    /** The cells that stick out of their panel. */
    private static final String CUT_OFF = """
            [...document.querySelectorAll('.panel')].flatMap((panel) => [...panel.querySelectorAll('th, td, button')]
              .filter((cell) => cell.getBoundingClientRect().right > panel.getBoundingClientRect().right)
              .map((cell) => cell.textContent.trim()))""";

    private final Holdfast holdfast = Holdfast.shared();
    private final OperationsWindow operations = new OperationsWindow(holdfast);
    private long failed;

    @BeforeAll
    void somethingToSee() {
        var agent = holdfast.administrator.post("/api/agents", """
                {"handle": "bert", "displayName": "Bert", "provider": "openai", "model": "bert-model", "systemPrompt": "", "maxConcurrency": 4}""").mustBe(201);
        assertThat(agent.status()).isEqualTo(201);
        holdfast.models.on("bert-model", Script.fails(Fault.BAD_KEY));
        var channel = holdfast.channel();
        holdfast.administrator
                .post("/api/channels/" + channel + "/members", "{\"handle\": \"bert\"}")
                .mustBe(204);
        for (var n = 0; n < 5; n++)
            holdfast.administrator.write(channel, "@bert number " + n).mustBe(201);
        for (var n = 0; n < 10; n++)
            holdfast.administrator
                    .write(channel, "@ada [[words=40 pace=20 seed=" + n + "]]")
                    .mustBe(201);
        Eventually.eventually(
                "bert failed at all of them",
                Duration.ofSeconds(30),
                () -> operations.count("state = 'failed' and agent = 'bert'") == 5);
        failed = holdfast.jdbc()
                .sql("select min(id) from ops.generations where state = 'failed' and agent = 'bert'")
                .query(Long.class)
                .single();
    }

    @AfterAll
    void noComplaints() {
        operations.mustHaveNoComplaints();
    }

    @ParameterizedTest
    @CsvSource({"1280, 1000, light", "1280, 1000, dark", "390, 844, light", "390, 844, dark"})
    void axe_finds_nothing_to_mend(int width, int height, String scheme) throws IOException {
        try (var context = operations.signedIn(holdfast.administrator, width, height, scheme)) {
            var page = operations.open(context, "/ops");
            assertThat(violations(page)).isEmpty();
            assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    .as("no sideways scrolling")
                    .isEqualTo(true);
            assertThat(page.evaluate(CUT_OFF)).as("nothing is cut off").isEqualTo(List.of());
            page.screenshot(
                    new Page.ScreenshotOptions().setPath(Path.of("target", "ops-" + width + "-" + scheme + ".png")));
            page.navigate(page.url() + "/generations/" + failed);
            page.locator("dialog.story .timeline li").first().waitFor();
            assertThat(violations(page)).isEmpty();
        }
    }

    @Test
    void an_administrator_finds_what_failed_reads_its_story_and_retries_it() {
        holdfast.models.on("bert-model", Script.says("It is all right again."));
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var page = operations.open(context, "/ops");
            page.selectOption("select[name=state]", "stuck");
            page.selectOption("select[name=agent]", "bert");
            Eventually.eventually(
                    "the five that failed are listed",
                    Duration.ofSeconds(20),
                    () -> page.locator(".generations tbody tr").count() == 5);
            assertThat(page.locator(".generations .said").first().textContent())
                    .contains("failed at the first attempt")
                    .contains("API key");
            page.locator(".generations tbody th a").first().click();
            page.locator("dialog.story .timeline").waitFor();
            assertThat(page.locator("dialog.story").textContent())
                    .contains("claimed by")
                    .contains("failed")
                    .doesNotContain("number 4");
            page.keyboard().press("Escape");
            page.getByLabel("Select all generations").check();
            page.locator(".panel.wide .bulk button", new Page.LocatorOptions().setHasText("Retry"))
                    .click();
            assertThat(page.locator("dialog.confirm h2").textContent()).isEqualTo("Retry 5 generations?");
            page.locator("dialog.confirm button.primary").click();
            page.locator("dialog.confirm [role=status]").waitFor();
            assertThat(page.locator("dialog.confirm [role=status]").textContent())
                    .contains("5 queued");
            page.locator("dialog.confirm button.primary").click();
            Eventually.eventually(
                    "all of them are complete",
                    Duration.ofSeconds(30),
                    () -> operations.count("state = 'completed' and agent = 'bert'") == 5);
        }
        assertThat(holdfast.jdbc()
                        .sql(
                                "select distinct actor from ops.audit where action = 'retry' and detail ->> 'agent' = 'bert'")
                        .query(String.class)
                        .list())
                .containsExactly("root");
    }

    /** Else somebody would retry what is not of the filter chosen. */
    @Test
    void an_answer_to_the_filter_of_before_that_comes_late_changes_nothing() {
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var page = operations.open(context, "/ops");
            var held = new ArrayList<Route>();
            page.route(url -> url.contains("/api/ops/generations?") && url.contains("agent=bert"), route -> {
                if (held.isEmpty()) held.add(route);
                else route.resume();
            });
            page.selectOption("select[name=agent]", "bert");
            page.waitForCondition(() -> held.size() == 1);
            page.selectOption("select[name=agent]", "ada");
            var agents = page.locator(".generations tbody .agent");
            page.waitForCondition(() -> Set.copyOf(agents.allTextContents()).equals(Set.of("@ada")));
            page.waitForResponse(
                    response -> response.url().contains("agent=bert"),
                    () -> held.getFirst().resume());
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
            assertThat(Set.copyOf(agents.allTextContents())).containsExactly("@ada");
        }
    }

    @Test
    void the_story_of_a_reply_that_was_asked_for_again_begins_when_it_was_asked_for() {
        var channel = holdfast.channel();
        holdfast.administrator.write(channel, "@ada [[words=5]]").mustBe(201);
        var id = holdfast.jdbc()
                .sql("select max(id) from ops.generations")
                .query(Long.class)
                .single();
        Eventually.eventually(
                "the reply", Duration.ofSeconds(30), () -> operations.count("state = 'completed' and id = " + id) == 1);
        holdfast.jdbc()
                .sql("select ops.retry(?)::text")
                .param(id)
                .query(String.class)
                .single();
        Eventually.eventually(
                "it again", Duration.ofSeconds(30), () -> operations.count("state = 'completed' and id = " + id) == 1);
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var page = operations.open(context, "/ops/generations/" + id);
            page.locator("dialog.story .timeline").waitFor();
            var told = page.locator("dialog.story .timeline .what").allTextContents();
            assertThat(told).element(0).isEqualTo("Asked for, queued");
            assertThat(told).element(1).asString().endsWith(": retry");
            assertThat(told).element(2).isEqualTo("Queued again");
            assertThat(told).element(4).asString().endsWith("after it was queued again");
            assertThat(page.locator("dialog.story .timeline time").first().getAttribute("datetime"))
                    .isLessThan(
                            page.locator("dialog.story .timeline time").nth(2).getAttribute("datetime"));
        }
    }

    @Test
    void a_failed_reply_that_nobody_wants_is_given_up_from_its_story() {
        var channel = holdfast.channel();
        holdfast.models.on("lost-model", Script.fails(Fault.BAD_KEY));
        holdfast.administrator.post("/api/agents", """
                {"handle": "lost", "provider": "openai", "model": "lost-model"}""").mustBe(201);
        holdfast.add(channel, "lost");
        holdfast.administrator.write(channel, "@lost hello").mustBe(201);
        Eventually.eventually(
                "it failed",
                Duration.ofSeconds(30),
                () -> operations.count("state = 'failed' and agent = 'lost'") == 1);
        var id = holdfast.jdbc()
                .sql("select id from ops.generations where agent = 'lost'")
                .query(Long.class)
                .single();
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "light")) {
            var page = operations.open(context, "/ops/generations/" + id);
            page.locator("dialog.story button.bad").click();
            page.locator("dialog.confirm button.bad").click();
            page.locator("dialog.confirm [role=status] >> text=1 cancelled").waitFor();
        }
        assertThat(operations.count("state = 'cancelled' and agent = 'lost'")).isEqualTo(1);
    }

    @Test
    void agents_are_paused_and_resumed_with_a_confirmation() {
        try (var context = operations.signedIn(holdfast.administrator, 1440, 1000, "dark")) {
            var page = operations.open(context, "/ops");
            page.getByLabel("Select bert", new Page.GetByLabelOptions().setExact(true))
                    .check();
            page.locator(".bulk button", new Page.LocatorOptions().setHasText("Pause"))
                    .click();
            page.locator("dialog.confirm button.primary").click();
            page.locator("dialog.confirm [role=status]").waitFor();
            page.locator("dialog.confirm button.primary").click();
            page.locator("tr", new Page.LocatorOptions().setHasText("bert"))
                    .locator(".pill.waiting >> text=paused")
                    .waitFor();
            page.getByLabel("Select bert", new Page.GetByLabelOptions().setExact(true))
                    .check();
            page.locator(".bulk button", new Page.LocatorOptions().setHasText("Resume"))
                    .click();
            page.locator("dialog.confirm button.primary").click();
            page.locator("dialog.confirm [role=status]").waitFor();
        }
        assertThat(operations.count("agent = 'bert'")).isPositive();
        assertThat(holdfast.jdbc()
                        .sql("select paused from ops.queue where agent = 'bert'")
                        .query(Boolean.class)
                        .single())
                .isFalse();
    }

    @Test
    void an_operator_looks_and_a_member_is_told_whom_to_ask() {
        var operator = new Browser(holdfast.process.port());
        var olga = holdfast.person("Olga");
        holdfast.jdbc()
                .sql("update chat.account set role = 'operator' where handle = ?")
                .param(olga.handle)
                .update();
        operator.signIn(olga.handle, Holdfast.PASSWORD).mustBe(200);
        try (var context = operations.signedIn(operator, 1440, 1000, "light")) {
            var page = operations.open(context, "/ops");
            assertThat(page.locator(".ops input[type=checkbox]").count()).isZero();
            assertThat(page.locator(".ops .bar").textContent()).contains("You may look");
        }
        olga.close();
        var member = new Browser(holdfast.process.port());
        var mo = holdfast.person("Mo");
        member.signIn(mo.handle, Holdfast.PASSWORD).mustBe(200);
        try (var context = operations.signedIn(member, 390, 844, "light")) {
            var page = context.newPage();
            page.navigate("http://127.0.0.1:" + holdfast.process.port() + "/ops");
            page.locator(".ops .empty").waitFor();
            assertThat(page.locator(".ops .empty").textContent()).contains("Ask an administrator");
        }
        mo.close();
    }

    @SuppressWarnings("unchecked")
    private static List<String> violations(Page page) throws IOException {
        // the line "Connecting…" fades in
        page.waitForFunction("() => document.querySelector('.connection.live:empty')");
        try (var axe = OperationsPageTest.class.getResourceAsStream("/axe.min.js")) {
            page.evaluate(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
        }
        return (List<String>) page.evaluate("""
                async () => (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | ')}`)""");
    }
}
