package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;

/** Typing: names, lines, and what Enter does. */
@TestInstance(Lifecycle.PER_CLASS)
class WritingTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person sam = holdfast.person("Sam");

    @AfterAll
    void close() {
        mira.close();
        sam.close();
    }

    @Test
    void who_is_named_in_full_is_meant_though_an_agent_s_name_begins_so_too() {
        var agent = sam.handle + "antha";
        holdfast.administrator.post("/api/agents", """
                {"handle": "%s", "displayName": "Samantha", "provider": "openai", "model": "test-model", "systemPrompt": "", "maxConcurrency": 1}""".formatted(agent)).mustBe(201);
        var field = begin("thanks @" + sam.handle);
        mira.page.locator("[role=option] >> text=@" + agent).waitFor();
        mira.page
                .locator("[role=option][aria-selected=true] .quiet >> text=/^@" + sam.handle + "$/")
                .waitFor();
        field.press("Enter");
        mira.awaitText("thanks @" + sam.handle);
        assertThat(field.inputValue()).isEmpty();
        assertThat(mira.messages().count()).isOne();
    }

    @Test
    void a_new_line_is_a_new_line_also_while_a_name_is_offered() {
        var field = begin("meet @ad");
        mira.page.locator("[role=option] >> text=@ada").waitFor();
        field.press("Shift+Enter");
        assertThat(field.inputValue()).isEqualTo("meet @ad\n");
    }

    @Test
    void names_are_offered_in_any_script() {
        try (var zoe = holdfast.person("Zoe")) {
            zoe.rest().patch("/api/me", "{\"displayName\": \"זואי\"}").mustBe(200);
            var field = begin("@זו");
            mira.page.locator("[role=option] >> text=@" + zoe.handle).waitFor();
            field.press("Tab");
            assertThat(field.inputValue()).isEqualTo("@" + zoe.handle + " ");
        }
    }

    @Test
    void a_name_is_put_where_it_was_being_written_and_nowhere_else() {
        var field = begin("hello world @ad");
        mira.page.locator("[role=option] >> text=@ada").waitFor();
        for (var n = 0; n < 9; n++) field.press("ArrowLeft");
        field.press("Tab");
        assertThat(field.inputValue()).isEqualTo("hello world @ad");
        assertThat(mira.page.locator("[role=option]").count()).isZero();
    }

    @Test
    void enter_sends_once_the_caret_has_left_the_name() {
        var field = begin("@ad");
        mira.page.locator("[role=option] >> text=@ada").waitFor();
        field.press("Home");
        mira.page
                .locator("[role=option]")
                .first()
                .waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.DETACHED));
        field.press("Enter");
        mira.awaitText("@ad");
        mira.assertNoComplaints();
    }

    /** Who is found later may be listed above. */
    @Test
    void the_name_that_was_chosen_stays_chosen_when_others_are_found() {
        var word = "z" + UUID.randomUUID().toString().substring(0, 6);
        var first = holdfast.person(word + "b");
        var second = holdfast.person(word + "c");
        first.close();
        second.close();
        begin("hello");
        mira.page.evaluate("(word) => fetch('/api/accounts?prefix=' + word).then((answer) => answer.json())", word);
        var field = mira.page.locator("hf-composer textarea");
        field.fill("");
        field.pressSequentially("@" + word);
        mira.page.locator("[role=option] >> text=@" + second.handle).waitFor();
        field.press("ArrowDown");
        mira.page.evaluate(
                "(handle) => holdfast.store.layAccounts([{ id: 'earlier', handle, displayName: handle, kind: 'person' }])",
                word + "a");
        mira.page.locator("[role=option] >> text=@" + word + "a").waitFor();
        field.press("Tab");
        assertThat(field.inputValue()).isEqualTo("@" + second.handle + " ");
        mira.page.evaluate("() => holdfast.store.accounts.delete('earlier')");
    }

    @Test
    void on_a_phone_enter_begins_a_line_and_the_button_sends() {
        var channel = holdfast.channel(mira, sam);
        try (var phone = mira.phone()) {
            phone.open(channel).live();
            var field = phone.page.locator("hf-composer textarea");
            field.tap();
            phone.page.keyboard().type("first line");
            phone.page.keyboard().press("Enter");
            phone.page.keyboard().type("second line");
            assertThat(field.inputValue()).isEqualTo("first line\nsecond line");
            phone.page.locator("button.send").tap();
            phone.awaitText("first line");
            assertThat(field.inputValue()).isEmpty();
            field.press("ArrowUp");
            var editor = phone.page.locator("hf-message textarea");
            editor.press("Enter");
            assertThat(editor.inputValue()).isEqualTo("first line\nsecond line\n");
        }
    }

    /** iOS zooms into a field whose letters are smaller. */
    @Test
    void a_phone_s_fields_have_letters_of_16_pixels() {
        try (var phone = mira.phone()) {
            phone.open(holdfast.channel(mira)).live();
            assertThat(letters(phone, "hf-composer textarea")).isEqualTo("16px");
            phone.page.evaluate("() => holdfast.go('/search')");
            phone.page.locator("input[type=search]").waitFor();
            assertThat(letters(phone, "input[type=search]")).isEqualTo("16px");
        }
    }

    private static Object letters(Person person, String selector) {
        return person.evaluate("(selector) => getComputedStyle(document.querySelector(selector)).fontSize", selector);
    }

    /** Safari says of the Enter that ends a word of an input method that nothing is being composed; its key code tells. */
    @Test
    void the_enter_that_ends_a_word_of_an_input_method_does_not_send() {
        var field = begin("にほん");
        field.evaluate(KEY, List.of("Enter", 229));
        assertThat(field.inputValue()).isEqualTo("にほん");
        field.evaluate(KEY, List.of("Enter", 13));
        assertThat(field.inputValue()).isEmpty();
    }

    @Test
    void the_escape_that_gives_up_a_word_of_an_input_method_does_not_give_up_the_whole_change() {
        var editor = edit("にほん");
        editor.fill("にほんご");
        editor.evaluate(KEY, List.of("Escape", 229));
        assertThat(mira.page.evaluate("() => document.querySelector('hf-editor textarea')?.value"))
                .isEqualTo("にほんご");
        editor.press("Escape");
        mira.page.locator("hf-message .text >> text=/^にほん$/").waitFor();
    }

    private static final String KEY =
            "(field, [key, keyCode]) => field.dispatchEvent(new KeyboardEvent('keydown', { key, keyCode, bubbles: true, cancelable: true }))";

    @Test
    void a_message_that_is_emptied_asks_whether_to_delete_it() {
        var editor = edit("to be or not to be");
        editor.fill("");
        editor.press("Enter");
        mira.page.locator(".tools.sure button.bad").click();
        mira.page.locator("hf-message .gone").waitFor();
        mira.assertNoComplaints();
    }

    @Test
    void what_is_typed_in_the_editor_stays_when_the_message_changes_elsewhere_and_when_one_goes_elsewhere() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        var written = mira.rest().write(channel, "first").mustBe(201).json();
        var message = "/api/messages/" + written.path("id").stringValue();
        mira.awaitText("first");
        mira.page.locator("hf-composer textarea").press("ArrowUp");
        var field = mira.page.locator("hf-editor textarea");
        mira.rest().patch(message, "{\"content\": \"second\"}").mustBe(200);
        mira.page.waitForFunction("() => document.querySelector('hf-editor textarea').value === 'second'");
        field.pressSequentially(" and more");
        mira.rest().patch(message, "{\"content\": \"third\"}").mustBe(200);
        mira.page.waitForFunction("() => document.querySelector('hf-editor').message.content === 'third'");
        assertThat(field.inputValue()).isEqualTo("second and more");

        mira.page.evaluate("() => holdfast.go('/people')");
        mira.page.locator("hf-people").waitFor();
        mira.page.goBack();
        field.waitFor();
        assertThat(field.inputValue()).isEqualTo("second and more");
        assertThat(mira.page.evaluate("() => document.activeElement.closest('hf-composer') !== null"))
                .as("the focus stays where one writes")
                .isEqualTo(true);
        awaitKept(written, "second and more");
        mira.reload();
        field.waitFor();
        mira.page.locator("hf-composer textarea").press("ArrowUp");
        field.press("Enter");
        mira.page.locator("hf-message .text >> text=/^second and more$/").waitFor();

        mira.page.locator("hf-composer textarea").press("ArrowUp");
        field.pressSequentially(" of it");
        field.press("Escape");
        awaitKept(written, "");
        mira.reload();
        mira.awaitText("second and more");
        assertThat(field.count()).isZero();
        mira.assertNoComplaints();
    }

    @Test
    void names_are_offered_after_an_at_sign_and_taken_with_the_keyboard() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        var field = mira.page.locator("hf-composer textarea");
        field.pressSequentially("hey @ad");
        mira.page.locator("[role=option] >> text=@ada").waitFor();
        field.press("Enter");
        assertThat(field.inputValue()).isEqualTo("hey @ada ");
        field.pressSequentially("are you there?");
        field.press("Enter");
        mira.awaitReply("complete");
        field.press("ArrowUp");
        assertThat(mira.page.locator("hf-message textarea").inputValue()).isEqualTo("hey @ada are you there?");
    }

    /** Waits until what is typed into a message's editor is what a page that is loaded anew would find. */
    private void awaitKept(JsonNode message, String draft) {
        var expected = List.of(message.path("id").stringValue(), draft);
        eventually("the draft is kept", Duration.ofSeconds(5), () -> (boolean) mira.evaluate(
                "async ([id, draft]) => ((await holdfast.store.copy.get('kept', 'drafts'))?.[id] ?? '') === draft",
                expected));
    }

    private Locator edit(String text) {
        var field = begin(text);
        field.press("Enter");
        mira.awaitText(text);
        field.press("ArrowUp");
        return mira.page.locator("hf-editor textarea");
    }

    private Locator begin(String text) {
        mira.open(holdfast.channel(mira, sam)).live();
        var field = mira.page.locator("hf-composer textarea");
        field.fill("");
        field.pressSequentially(text);
        return field;
    }
}
