package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.GuideModel.Heard;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuideTest {
    private static final List<Heard> BEFORE = List.of(
            new Heard("Mira", "the backups run at night"),
            new Heard("Omar", "who restores them? ask @mira or ops@example.org"),
            new Heard("Mira", "# not a heading **nor bold** [no link](https://example.org)"));

    private static String answer(String asked) {
        return Guide.answer(new Heard("Mira", asked), BEFORE);
    }

    @Test
    void it_recaps_without_mentioning_or_formatting_what_it_quotes() {
        assertThat(answer("@guide recap this channel"))
                .startsWith("Of the last 3 messages here, Mira wrote 2, Omar wrote 1.")
                .contains(
                        "**Questions**",
                        "- Omar: who restores them? ask mira or ops@example.org",
                        "- Mira: not a heading nor bold no link(")
                .doesNotContain("@mira", "**nor")
                .endsWith("I am a small program, not a language model.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"@guide find backups", "hey @guide, search for BACKUPS?", "@guide who said backups night"})
    void it_finds_messages(String asked) {
        assertThat(answer(asked)).isEqualTo("Found in 1 message:\n\n- Mira: the backups run at night\n");
    }

    @Test
    void it_says_when_it_finds_nothing() {
        assertThat(answer("@guide find unicorns")).contains("None of the last 3 messages", "`unicorns`", "search box");
    }

    @ParameterizedTest
    @ValueSource(strings = {"@guide how do I connect a real model?", "@guide", "@guide what is the meaning of life?"})
    void it_says_what_it_is_and_how_to_connect_a_model(String asked) {
        assertThat(answer(asked))
                .contains(
                        "not a language model",
                        "OPENAI_API_KEY",
                        "OPENAI_BASE_URL",
                        "ANTHROPIC_API_KEY",
                        "OLLAMA_BASE_URL");
    }

    @Test
    void an_empty_channel_has_nothing_to_recap() {
        assertThat(Guide.answer(new Heard("Mira", "recap"), List.of())).startsWith("Nothing was written");
    }
}
