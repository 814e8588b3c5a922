package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ForcedColors;
import com.microsoft.playwright.options.ReducedMotion;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Everybody can use the page: with eyes that need contrast, with a screen reader, with the keyboard alone, on a phone. */
@TestInstance(Lifecycle.PER_CLASS)
class AccessibilityTest {

    private static final String EVERYTHING = """
            # A heading
            Some **bold** text, `code`, [a link](https://example.org) and @mira

            | step | minutes |
            |---|---:|
            | build | 4.2 |

            ```java
            // a comment
            var text = "a string" + 42;
            ```

            > a quotation
            """;

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person ben = holdfast.person("Ben");
    private String channel;

    @BeforeAll
    void talk() {
        channel = holdfast.channel(mira, ben);
        ben.rest()
                .write(channel, EVERYTHING.replace("@mira", "@" + mira.handle))
                .mustBe(201);
        ben.rest()
                .write(channel, "@ada go on [[words=20 fault=bad_key times=1 key=axe]]")
                .mustBe(201);
        ben.rest().write(channel, "@ada go on [[words=30 kind=markdown]]").mustBe(201);
        mira.open(channel).live();
        mira.awaitReply("failed");
        mira.awaitReply("complete");
        mira.page.emulateMedia(new Page.EmulateMediaOptions().setReducedMotion(ReducedMotion.REDUCE));
    }

    @AfterAll
    void close() {
        mira.close();
        ben.close();
    }

    @ParameterizedTest
    @CsvSource({"1280, 800, LIGHT", "1280, 800, DARK", "390, 844, LIGHT", "390, 844, DARK"})
    void axe_finds_nothing_to_mend_on_any_page(int width, int height, ColorScheme scheme) {
        mira.page.setViewportSize(width, height);
        mira.page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
        for (var path : List.of(
                "/c/" + channel, "/", "/search?q=bold", "/settings", "/people", "/agents", "/browse", "/c/unknown")) {
            mira.page.evaluate("(path) => holdfast.go(path)", path);
            mira.page.locator("h1").first().waitFor();
            assertThat(Axe.violations(mira.page)).as(path).isEmpty();
            assertThat(mira.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
                    .as("%s does not scroll sideways", path)
                    .isEqualTo(true);
        }
    }

    @Test
    void axe_finds_nothing_to_mend_in_what_is_unsent_edited_or_refused() {
        mira.page.setViewportSize(1280, 800);
        mira.open(channel);
        mira.page.route("**/api/channels/*/messages", AccessibilityTest::refuse);
        mira.write("refused");
        mira.page.locator(".unsent").waitFor();
        mira.page.unroute("**/api/channels/*/messages");
        mira.offline();
        mira.write("kept");
        mira.page.locator(".sending >> text=Kept here").waitFor();
        mira.page.locator(".connection.offline").waitFor();
        mira.page.locator("hf-composer textarea").press("ArrowUp");
        mira.page.waitForFunction("() => document.getAnimations().every((each) => each.playState === 'finished')");
        assertThat(Axe.violations(mira.page)).isEmpty();
        mira.page.keyboard().press("Escape");
        mira.page.locator(".unsent >> text=Discard").click();
        mira.online();
        ben.open(channel).awaitText("kept");
    }

    @Test
    void everything_is_done_with_the_keyboard() {
        mira.open(channel).live();
        var field = mira.page.locator("hf-composer textarea");
        field.fill("two");
        field.press("Shift+Enter");
        mira.page.keyboard().type("lines");
        field.press("Enter");
        ben.open(channel).awaitText("two\nlines");
        field.press("ArrowUp");
        var editor = mira.page.locator("hf-message textarea");
        assertThat(editor.inputValue()).isEqualTo("two\nlines");
        editor.press("Escape");
        assertThat(editor.count()).isZero();
        assertThat(mira.page.evaluate("() => document.activeElement.ariaLabel")).isEqualTo("Write a message");
        field.press("ArrowUp");
        editor.fill("two lines, edited");
        editor.press("Enter");
        ben.awaitText("two lines, edited");
        mira.page.locator("hf-message").last().locator("[aria-label=Reply]").focus();
        mira.page.keyboard().press("Enter");
        mira.page.locator(".replying").waitFor();
        field.press("Escape");
        assertThat(mira.page.locator(".replying").count()).isZero();
    }

    @Test
    void a_screen_reader_is_told_what_comes_in_and_what_an_agent_has_answered() {
        var quiet = holdfast.channel(mira, ben);
        mira.open(quiet).live();
        ben.rest().write(quiet, "@ada tell me [[words=5 pace=20]]").mustBe(201);
        mira.awaitReply("complete");
        assertThat(announced()).startsWith("Ada: ");
        ben.rest().write(quiet, "thank you").mustBe(201);
        mira.awaitText("thank you");
        assertThat(announced()).isEqualTo("Ben: thank you");
        // what began before it and ends after it
        ben.rest().write(quiet, "@ada and once more [[words=120 pace=40]]").mustBe(201);
        mira.awaitReply("streaming");
        ben.rest().write(quiet, "while it writes").mustBe(201);
        mira.awaitText("while it writes");
        assertThat(announced()).isEqualTo("Ben: while it writes");
        mira.page
                .locator("hf-message[data-status=complete]:has(.message.agent)")
                .nth(1)
                .waitFor();
        assertThat(announced()).startsWith("Ada: ");
        // three in one batch
        holdfast.jdbc()
                .sql("""
                        insert into chat.message (channel_id, author_id, content)
                        select :channel::uuid, (select id from chat.account where handle = :handle), 'at once ' || n
                        from generate_series(1, 3) n
                        """)
                .param("channel", quiet)
                .param("handle", ben.handle)
                .update();
        mira.awaitText("at once 3");
        assertThat(mira.page.locator(ANNOUNCED).allTextContents())
                .endsWith("Ben: at once 1", "Ben: at once 2", "Ben: at once 3");
    }

    private static final String ANNOUNCED = "hf-messages > [role=log] > p";

    private String announced() {
        return mira.page.locator(ANNOUNCED).last().textContent();
    }

    @Test
    void a_button_s_name_says_whom_it_concerns() {
        mira.page.evaluate("() => holdfast.go('/agents')");
        mira.page.getByRole(AriaRole.BUTTON, named("^Write to Ada$")).waitFor();
        try (var there = mira.device()) {
            mira.page.evaluate("() => holdfast.go('/settings')");
            mira.page
                    .getByRole(AriaRole.BUTTON, named("^Sign out there .+ last used .+"))
                    .first()
                    .waitFor();
        }
    }

    private static Page.GetByRoleOptions named(String pattern) {
        return new Page.GetByRoleOptions().setName(Pattern.compile(pattern));
    }

    @Test
    void the_keyboard_keeps_its_place_when_the_button_that_was_pressed_goes() {
        var here = holdfast.channel(mira);
        mira.open(here).live().write("to be deleted");
        mira.page.locator("hf-message[data-status=complete]").waitFor();
        var message = mira.page.locator("hf-message").last();
        message.locator("[aria-label=Delete]").focus();
        mira.page.keyboard().press("Enter");
        message.locator(".tools.sure").waitFor();
        assertThat(focused()).isEqualTo("Keep");
        mira.page.keyboard().press("Enter");
        message.locator("[aria-label=Edit]").waitFor();
        assertThat(focused()).isEqualTo("Delete");
        mira.page.keyboard().press("Enter");
        message.locator(".tools.sure").waitFor();
        mira.page.keyboard().press("Shift+Tab");
        mira.page.keyboard().press("Enter");
        message.locator(".gone").waitFor();
        assertThat(focused()).isEqualTo("article");

        mira.write("@ada go on [[words=2000 pace=20]]");
        mira.awaitReply("streaming");
        mira.reply().locator("text=/^Stop$/").focus();
        mira.page.keyboard().press("Enter");
        mira.awaitReply("stopped");
        assertThat(focused()).isEqualTo("article");
    }

    private Object focused() {
        return mira.page.evaluate("""
                () => {
                  const { activeElement: at } = document;
                  return at.matches('article') ? 'article' : at.ariaLabel ?? at.textContent.trim().slice(0, 20);
                }""");
    }

    /** Both at the right of a message that follows another of its author's. */
    @Test
    void the_actions_of_a_message_do_not_lie_over_the_copy_button_of_its_code() {
        var here = holdfast.channel(mira, ben);
        mira.page.setViewportSize(1200, 800);
        mira.open(here).live();
        for (var n = 0; n < 2; n++) {
            mira.rest().write(here, "```\necho %d\n```".formatted(n)).mustBe(201);
        }
        var second = mira.page.locator(".message.joined .code");
        second.hover();
        second.locator(".copy").click();
        var done = Pattern.compile("^(Copied|Selected)");
        second.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(done))
                .waitFor();
    }

    @Test
    void one_long_name_does_not_push_a_phone_s_messages_and_lists_off_the_screen() {
        var crowded = holdfast.channel(mira, ben);
        try (var phone = mira.phone()) {
            phone.open(crowded).live();
            ben.rest()
                    .patch("/api/me", "{\"displayName\": \"" + "Benjamin".repeat(10) + "\"}")
                    .mustBe(200);
            ben.rest().write(crowded, "hello from somebody with a name").mustBe(201);
            phone.awaitText("hello from somebody");
            assertThat(sideways(phone, "hf-messages .scroller")).isEqualTo(0);
            phone.page.locator("[aria-label='Who is here']").click();
            phone.page.locator("dialog .people >> text=@" + ben.handle).waitFor();
            assertThat(sideways(phone, "dialog")).isEqualTo(0);
            phone.page.evaluate("() => holdfast.go('/people')");
            phone.page.locator(".page .people >> text=@" + ben.handle).waitFor();
            assertThat(sideways(phone, ".page .scroller")).isEqualTo(0);
        } finally {
            ben.rest().patch("/api/me", "{\"displayName\": \"Ben\"}").mustBe(200);
        }
    }

    @Test
    void in_forced_colours_an_outline_shows_which_name_is_chosen_and_where_one_writes() {
        mira.page.emulateMedia(new Page.EmulateMediaOptions().setForcedColors(ForcedColors.ACTIVE));
        try {
            mira.open(channel).live();
            var field = mira.page.locator("hf-composer textarea");
            field.fill("");
            field.pressSequentially("@ad");
            for (var shown : List.of(mira.page.locator("[role=option][aria-selected=true]"), field)) {
                assertThat(shown.evaluate("(element) => getComputedStyle(element).outlineStyle"))
                        .isEqualTo("solid");
            }
            field.fill("");
        } finally {
            mira.page.emulateMedia(new Page.EmulateMediaOptions().setForcedColors(ForcedColors.NONE));
        }
    }

    @Test
    void the_offer_of_a_new_version_fits_the_narrowest_phone() {
        try (var phone = mira.phone()) {
            phone.open(channel).live();
            phone.page.setViewportSize(320, 568);
            phone.page.evaluate("() => holdfast.store.lay('release', () => {})");
            var offer = phone.page.locator(".release").boundingBox();
            assertThat(offer.x).isNotNegative();
            assertThat(offer.x + offer.width).isLessThanOrEqualTo(320);
        }
    }

    /** By how many pixels what is in an element goes beyond it. */
    private static Object sideways(Person person, String selector) {
        return person.evaluate(
                "(selector) => { const { scrollWidth, clientWidth } = document.querySelector(selector); return scrollWidth - clientWidth; }",
                selector);
    }

    private static void refuse(Route route) {
        route.fulfill(new Route.FulfillOptions()
                .setStatus(422)
                .setContentType("application/problem+json")
                .setBody("{\"title\":\"Invalid\",\"status\":422,\"detail\":\"Say it kindly.\"}"));
    }
}
