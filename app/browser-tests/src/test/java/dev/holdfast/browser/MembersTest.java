package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Who is in a channel, leaving it, and its name. */
@TestInstance(Lifecycle.PER_CLASS)
class MembersTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person ben = holdfast.person("Ben");

    @AfterAll
    void close() {
        mira.close();
        ben.close();
    }

    @Test
    void leaving_a_private_channel_is_asked_about_and_refused_to_the_last_person() {
        var channel = privately("diary-of-" + mira.handle);
        mira.open(channel).live().write("precious");
        mira.awaitText("precious");
        button("Who is here").click();
        button("Leave the channel").click();
        assertThat(mira.page.evaluate("() => document.activeElement.textContent"))
                .isEqualTo("Stay");
        mira.page.keyboard().press("Enter");
        assertThat(mira.page.evaluate("() => document.activeElement.textContent"))
                .isEqualTo("Leave the channel");
        button("Leave the channel").click();
        button("Leave").click();
        mira.page
                .locator("dialog [role=alert]", new Page.LocatorOptions().setHasText("Add somebody"))
                .waitFor();
        assertThat(mira.messages().count()).isOne();

        addBen(channel);
        button("Leave").click();
        mira.page.waitForFunction("(channel) => !holdfast.store.channels.has(channel)", channel);
        ben.open(channel).live().awaitText("precious");
    }

    @Test
    void a_public_channel_is_found_by_a_part_of_its_name_and_joined() {
        var channel = ben.rest().makeChannel("found-by-" + mira.handle, false);
        mira.page.navigate(mira.origin() + "/browse");
        mira.page.getByLabel("Find a channel").fill("no such part of a name");
        mira.page.locator("text=No public channel has this in its name").waitFor();
        mira.page.getByLabel("Find a channel").fill("#by-" + mira.handle);
        mira.page.waitForFunction("() => document.querySelectorAll('.card').length === 1");
        mira.page
                .getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Join found-by-" + mira.handle))
                .click();
        mira.page.waitForURL("**/c/" + channel);
    }

    @Test
    void leaving_a_public_channel_is_not_asked_about() {
        var channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        button("Who is here").click();
        button("Leave the channel").click();
        mira.page.waitForFunction("(channel) => !holdfast.store.channels.has(channel)", channel);
    }

    @Test
    void an_owner_renames_a_channel_for_everybody_and_a_member_may_not() {
        var channel = privately("plans-of-" + mira.handle);
        addBen(channel);
        ben.open(channel).live();
        button(ben, "Who is here").click();
        ben.page.locator("dialog button:has-text('Add')").waitFor();
        assertThat(button(ben, "Rename").count()).isZero();

        mira.open(channel).live();
        button("Who is here").click();
        mira.page
                .getByLabel("Name", new Page.GetByLabelOptions().setExact(true))
                .fill("Plans!");
        button("Rename").click();
        mira.page
                .locator("dialog [role=alert]", new Page.LocatorOptions().setHasText("Try \"plans\""))
                .waitFor();
        mira.page
                .getByLabel("Name", new Page.GetByLabelOptions().setExact(true))
                .fill("next-of-" + mira.handle);
        button("Rename").click();
        for (var person : new Person[] {mira, ben}) {
            person.page
                    .locator("hf-sidebar", new Page.LocatorOptions().setHasText("next-of-" + mira.handle))
                    .waitFor();
        }
    }

    @Test
    void a_page_that_arrives_after_its_reader_was_removed_leaves_nothing_in_the_browser() {
        var channel = privately("secrets-of-" + mira.handle);
        mira.rest()
                .post(
                        "/api/channels/" + channel + "/messages",
                        "{\"id\": \"%s\", \"content\": \"secret\"}".formatted(UUID.randomUUID()))
                .mustBe(201);
        addBen(channel);
        ben.open(channel).live().awaitText("secret");
        ben.page.evaluate(
                "async (channel) => { window.late = await (await fetch(`/api/channels/${channel}/messages`)).json(); }",
                channel);
        mira.rest()
                .delete("/api/channels/" + channel + "/members/" + ben.handle)
                .mustBe(204);
        ben.page.waitForFunction("(channel) => !holdfast.store.channels.has(channel)", channel);
        assertThat(ben.page.evaluate("""
                        async (channel) => {
                          const { messages, copy } = holdfast.store;
                          await messages.take(channel, late);
                          return [late.length, (await copy.all('message')).filter((each) => each.channelId === channel).length,
                            messages.remembered(late[0].id) ? 1 : 0];
                        }""", channel)).isEqualTo(List.of(1, 0, 0));
    }

    /** @return its id */
    private String privately(String name) {
        return mira.rest()
                .post("/api/channels", "{\"name\": \"%s\", \"private\": true}".formatted(name))
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
    }

    private void addBen(String channel) {
        mira.rest()
                .post("/api/channels/" + channel + "/members", "{\"handle\": \"%s\"}".formatted(ben.handle))
                .mustBe(204);
    }

    private Locator button(String name) {
        return button(mira, name);
    }

    private static Locator button(Person person, String name) {
        return person.page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }
}
