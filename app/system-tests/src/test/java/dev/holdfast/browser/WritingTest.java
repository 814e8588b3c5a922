package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.parallel.Isolated;

/** Typing: names, lines, and what Enter does. */
@TestInstance(Lifecycle.PER_CLASS)
@Isolated("Chromium keeps both cores busy")
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

    private Locator begin(String text) {
        mira.open(holdfast.channel(mira, sam)).live();
        var field = mira.page.locator("hf-composer textarea");
        field.fill("");
        field.pressSequentially(text);
        return field;
    }
}
