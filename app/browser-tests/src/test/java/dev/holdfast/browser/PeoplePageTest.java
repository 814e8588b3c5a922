package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** The page /people, where administrators give roles, close accounts and help who lost a password. */
class PeoplePageTest {
    private final Holdfast holdfast = Holdfast.shared();

    @Test
    void an_administrator_gives_a_role_a_new_password_and_closes_an_account() {
        try (var root = new Person(holdfast, "root", holdfast.administrator, holdfast.process.port());
                var lost = holdfast.person("Lost")) {
            root.page.navigate(root.origin() + "/people");
            manage(root, lost);

            root.page.getByLabel("Role").selectOption("operator");
            button(root, "Reset password").click();
            var link = root.page.getByLabel("Link for a new password").inputValue();
            assertThat(account(lost)).isEqualTo("operator open");

            lost.page.navigate(link);
            lost.page.locator("hf-reset input[name=password]").fill("a new password");
            button(lost, "Sign in").click();
            lost.page.locator("hf-sidebar").waitFor();
            assertThat(lost.page.url()).doesNotContain("reset");

            button(root, "Close account").click();
            assertThat(Axe.violations(root.page)).isEmpty();
            button(root, "Close it").click();
            button(root, "Open again").waitFor();
            assertThat(account(lost)).isEqualTo("operator closed");
            lost.page.locator("hf-sign-in").waitFor();
            button(root, "Open again").click();
            button(root, "Close account").waitFor();
            assertThat(account(lost)).isEqualTo("operator open");
        }
    }

    @Test
    void a_link_that_comes_late_is_not_shown_with_the_account_that_is_managed_by_then() {
        try (var root = new Person(holdfast, "root", holdfast.administrator, holdfast.process.port());
                var lost = holdfast.person("Lost");
                var other = holdfast.person("Other")) {
            root.page.navigate(root.origin() + "/people");
            manage(root, lost);
            var held = new ArrayList<Route>();
            root.page.route("**/api/accounts/*/reset", held::add);
            button(root, "Reset password").click();
            root.page.waitForCondition(() -> held.size() == 1);
            root.page.keyboard().press("Escape");
            manage(root, other);
            root.page.waitForResponse(
                    "**/api/accounts/*/reset", () -> held.getFirst().resume());
            root.page.waitForCondition(() -> button(root, "Reset password").isEnabled());
            assertThat(root.page.getByLabel("Link for a new password").count()).isZero();
        }
    }

    private static void manage(Person root, Person person) {
        root.page.getByLabel("Find somebody").fill(person.handle);
        root.page
                .locator(".people li", new Page.LocatorOptions().setHasText("@" + person.handle))
                .locator("button >> text=Manage")
                .click();
    }

    private static Locator button(Person person, String name) {
        return person.page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private String account(Person person) {
        return holdfast.jdbc()
                .sql(
                        "select role || case when disabled_at is null then ' open' else ' closed' end from chat.account where handle = ?")
                .param(person.handle)
                .query(String.class)
                .single();
    }
}
