package dev.holdfast.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import dev.holdfast.generation.ContextMessage;
import dev.holdfast.model.Agent;
import dev.holdfast.model.AgentOptions;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;

class PromptsTest {
    private static final Encoding O200K = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);
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
    void a_question_longer_than_the_budget_is_cut_in_the_middle_but_asked() {
        for (var pasted : List.of("😀".repeat(4000), "a trace, and ".repeat(1000), "9f".repeat(4000))) {
            var asked = "what is wrong with this?";
            var told = Prompts.tell(ADA, budget(200), List.of(message("mira", asked + pasted + asked)));
            assertThat(told.prompt().getInstructions().getLast().getText())
                    .startsWith("MIRA (@mira): " + asked)
                    .contains(" […] ")
                    .endsWith(asked)
                    .matches(
                            text -> text.chars().noneMatch(c -> c == 0xFFFD)
                                    && text.equals(new String(text.getBytes(UTF_8), UTF_8)),
                            "no half of an emoji");
            assertThat(tokens(told)).isLessThan(210);
        }
    }

    @Test
    void a_question_of_one_token_too_many_loses_little() {
        int most = IntStream.iterate(100, words -> words + 1)
                .filter(words -> cutAt(words) != null)
                .findFirst()
                .orElseThrow();
        assertThat(cutAt(most)).hasSizeGreaterThan("word ".length() * most - 100);
    }

    /** What is left of a question of so many words; null: all. */
    private static String cutAt(int words) {
        var told = Prompts.tell(ADA, budget(1000), List.of(message("mira", "word ".repeat(words))));
        String text = told.prompt().getInstructions().getLast().getText();
        return text.contains("[…]") ? text : null;
    }

    /** With OpenAI's own tokenizer. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            hashes   | 2026-11-26T19:23:45.123Z worker[4711] trace=b326b5062b2f0e69046810717534cb09 span=7f3c9d01e2aa44b8 took 93ms status=500
            requests | 10.3.77.12 - - [26/Nov/2026:19:23:45 +0000] "GET /api/channels/0b2c5a2e-8d6e-4a1f-9d53-6d6a1f0c7e11/messages?before=4711 HTTP/1.1" 200 5120
            JSON     | {"id":"0b2c5a2e-8d6e-4a1f-9d53-6d6a1f0c7e11","seq":17,"status":"complete","author":{"id":"5f0e7c1a-3b1d-4d8e-8a9b-1c2d3e4f5a6b","handle":"mira"}}
            code     | for (int i = 0; i < content.length(); i++) { quarters += quarters(content, i); } // see Prompts.tell()
            Chinese  | 数据库重启之后,回复仍然在那里,继续增长。请总结一下昨天的会议内容,并列出每个人需要完成的任务。
            Japanese | データベースを再起動しても、返信はそのまま残り、続きが書き込まれます。昨日の会議の内容をまとめてください。
            emoji    | 😀🎉🚀👍🏽🧵🔥💡✅❌ 😀🎉🚀👍🏽🧵🔥💡✅❌
            """)
    void a_channel_of_anything_keeps_to_its_budget(String kind, String line) {
        var newestFirst = Collections.nCopies(500, message("mira", line));
        assertThat(tokens(Prompts.tell(ADA, budget(4000), newestFirst))).isLessThanOrEqualTo(4000);
    }

    @Test
    void a_channel_of_ordinary_english_has_most_of_its_budget() {
        var prose = message(
                "mira",
                "hey @ada can you look at why the deploy failed last night? I think it was the migration again, it timed out after ten minutes");
        assertThat(tokens(Prompts.tell(ADA, budget(4000), Collections.nCopies(500, prose))))
                .isBetween(3200, 4000);
    }

    @Test
    void the_system_prompt_is_part_of_the_budget_but_leaves_a_quarter_to_the_question() {
        var newestFirst = Collections.nCopies(500, message("mira", "what is wrong with this?"));
        int without = Prompts.tell(ADA, budget(4000), newestFirst).messages().size();
        assertThat(Prompts.tell(told("Be brief. ".repeat(800)), budget(4000), newestFirst)
                        .messages())
                .hasSizeBetween(without / 3, without * 2 / 3);
        assertThat(Prompts.tell(told("Be brief. ".repeat(8000)), budget(4000), newestFirst)
                        .messages())
                .hasSizeBetween(without / 5, without / 3);
    }

    private static Agent told(String systemPrompt) {
        return new Agent(
                UUID.randomUUID(), "ada", "Ada", Agent.Provider.OPENAI, "m", systemPrompt, "{}", LIMIT, LIMIT, LIMIT);
    }

    /** As OpenAI counts: with three tokens around each message. */
    private static int tokens(Prompts.Told told) {
        return told.prompt().getInstructions().stream()
                .mapToInt(message -> O200K.countTokens(message.getText()) + 3)
                .sum();
    }
}
