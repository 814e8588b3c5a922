package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.generation.ContextMessage;
import dev.holdfast.model.Agent;
import dev.holdfast.model.AgentOptions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;

class PromptsTest {
    private static final Duration LIMIT = Duration.ofSeconds(1);
    private static final Agent ADA = new Agent(
            UUID.randomUUID(), "ada", "Ada", Agent.Provider.OPENAI, "m", "Be brief.", "{}", LIMIT, LIMIT, LIMIT);

    private static AgentOptions budget(int tokens) {
        return new AgentOptions(null, null, null, tokens, 100);
    }

    private static ContextMessage message(String handle, String content) {
        return new ContextMessage(UUID.randomUUID(), handle, handle.toUpperCase(), content, handle.equals("ada"));
    }

    @Test
    void a_channel_is_told_oldest_first_with_names_and_the_agents_own_words_as_its_own() {
        var newestFirst = List.of(message("mira", "and now?"), message("ada", "yes"), message("omar", "is it so?"));
        var told = Prompts.tell(ADA, budget(1000), newestFirst);
        var messages = told.prompt().getInstructions();
        assertThat(messages).hasSize(4);
        assertThat(messages.get(0)).isInstanceOf(SystemMessage.class);
        assertThat(messages.get(0).getText()).contains("Ada (@ada)").endsWith("Be brief.");
        assertThat(messages.get(1).getText()).isEqualTo("OMAR (@omar): is it so?");
        assertThat(messages.get(2)).isInstanceOf(AssistantMessage.class);
        assertThat(messages.get(2).getText()).isEqualTo("yes");
        assertThat(messages.get(3)).isInstanceOf(UserMessage.class);
        assertThat(told.messages())
                .isEqualTo(
                        newestFirst.reversed().stream().map(ContextMessage::id).toList());
    }

    @Test
    void what_does_not_fit_is_left_out_from_the_far_end_and_it_never_begins_with_the_agents_own_words() {
        var newestFirst =
                List.of(message("mira", "and now?"), message("ada", "yes"), message("omar", "x".repeat(4000)));
        assertThat(Prompts.tell(ADA, budget(100), newestFirst).messages())
                .containsExactly(newestFirst.getFirst().id());
    }

    @Test
    void a_question_longer_than_the_budget_is_cut_but_asked() {
        var told = Prompts.tell(ADA, budget(100), List.of(message("mira", "😀".repeat(4000))));
        assertThat(told.prompt().getInstructions().getLast().getText())
                .endsWith("😀 […]")
                .hasSizeLessThan(250);
    }
}
