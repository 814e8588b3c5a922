package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.WaitForSelectorState;
import org.junit.jupiter.api.Test;

/** The page /agents, where administrators make and change them. */
class AgentsPageTest {
    private final Holdfast holdfast = Holdfast.shared();

    @Test
    void an_administrator_changes_an_agent_and_the_limit_stays_what_it_was() {
        holdfast.administrator.post("/api/agents", """
                {"handle": "limitless", "provider": "guide", "model": "guide"}""").mustBe(201);
        try (var root = new Person(holdfast, "root", holdfast.administrator, holdfast.process.port())) {
            root.page.navigate(root.origin() + "/agents");
            change(root, "Renamed", null);
            assertThat(limit()).isEqualTo("none");
            change(root, "Limited", "7");
            assertThat(limit()).isEqualTo("7");
            root.page
                    .getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Pause Limited"))
                    .click();
            card(root, "@limitless").locator(".kind.bad").waitFor();
            change(root, "Halted", null);
            assertThat(limit()).isEqualTo("7");
            change(root, "Free again", "");
            assertThat(limit()).isEqualTo("none");
            assertThat(patience()).isEqualTo("60 60 900 false");
            card(root, "@limitless").locator("button >> text=Change").click();
            root.page.getByLabel("Longest wait for the first word (seconds)").fill("600");
            root.page.getByLabel("Longest reply (seconds)").fill("3600");
            root.page.getByLabel("Answers when another agent mentions it").check();
            root.page.locator("dialog button[type=submit]").click();
            root.page.locator("dialog").waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.DETACHED));
            assertThat(patience()).isEqualTo("600 60 3600 true");
            change(root, "As patient", null);
            assertThat(patience()).isEqualTo("600 60 3600 true");
        }
    }

    private static void change(Person root, String name, String limit) {
        card(root, "@limitless").locator("button >> text=Change").click();
        root.page.locator("dialog input[name=displayName]").fill(name);
        if (limit != null)
            root.page.locator("dialog input[name=maxConcurrency]").fill(limit);
        root.page.locator("dialog button[type=submit]").click();
        card(root, name).waitFor();
    }

    private static Locator card(Person root, String text) {
        return root.page.locator(".card", new Page.LocatorOptions().setHasText(text));
    }

    private String patience() {
        return holdfast.jdbc().sql("""
                select concat_ws(' ', extract(epoch from first_token_limit)::int, extract(epoch from idle_limit)::int,
                  extract(epoch from total_limit)::int, answers_agents::text)
                from chat.agent g join chat.account a on a.id = g.account_id where a.handle = 'limitless'
                """).query(String.class).single();
    }

    private String limit() {
        return holdfast.jdbc()
                .sql("select coalesce(at_most::text, 'none') from ops.queue where agent = 'limitless'")
                .query(String.class)
                .single();
    }
}
