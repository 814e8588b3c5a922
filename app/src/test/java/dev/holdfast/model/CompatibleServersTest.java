package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Agent.Provider;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;

/** Servers that speak OpenAI's protocol, each in its own way. */
@TestInstance(Lifecycle.PER_CLASS)
class CompatibleServersTest {
    private static final String DONE = "data: [DONE]\n\n";
    private static final String STOP = choice("{}, \"finish_reason\": \"stop\"}]}\n\n");

    private final ModelServer server = ModelServer.start();
    private final Models models = new Models(new ModelEnvironment(server.openAiBaseUrl(), "sk-test", null, null, null));

    @AfterAll
    void close() {
        models.close();
        server.close();
    }

    /** Together says eos, others eos_token; some end with nothing but [DONE], or say why in the last piece of the text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}, \"finish_reason\": \"eos\"}]}\n\ndata: [DONE]\n\n",
                "{}, \"finish_reason\": \"eos_token\"}], \"usage\": {\"prompt_tokens\": 3, \"completion_tokens\": 1, \"total_tokens\": 4}}\n\n",
                "{\"content\": \"\"}, \"finish_reason\":\"eos\"}]}\r\n\r\n",
                "{}, \"finish_reason\": null}]}\n\ndata: [DONE]\n\n",
                "{}}]}\n\ndata:[DONE]\n\n",
                "{}, \"finish_reason\": \"stop\"}]}\n",
                "{}, \"finish_reason\": \"stop\"}]}",
                "{}}]}\n\ndata: [DONE]"
            })
    void an_answer_is_whole_whatever_its_server_calls_the_end(String end) throws Exception {
        whole(said("all of it") + choice(end));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}, \"finish_reason\": null}]}\n\n",
                "{}, \"finish_reason\": \"\"}]}\n\n",
                "{}, \"finish_reason\": \"abort\"}]}\n\ndata: [DONE]\n\n",
                "{}, \"finish_reason\": \"insufficient_system_resource\"}]}\n\ndata: [DONE]\n\n",
                "{}, \"finish_reason\": \"network_error\"}]}\n\ndata: [DONE]\n\n",
                "{\"content\": \" and more\"}, \"finish_reason\": \"stop\"}]",
                "{\"content\": \" and more\"}, \"finish_reason\": \"stop\"}"
            })
    void an_answer_without_an_end_is_cut_off_though_it_speaks_of_ends(String end) throws Exception {
        String text = "\\ndata: [DONE]\\n\\n, \\\"finish_reason\\\":\\\"stop\\\"";
        String body = said(text) + (end.isEmpty() ? "" : choice(end));
        assertThat(answer(body).end)
                .isInstanceOfSatisfying(
                        ModelEnd.Failed.class,
                        failed -> assertThat(failed.failure().code()).isEqualTo("cut"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"content_filter", "SAFETY", "PROHIBITED_CONTENT", "RECITATION", "sensitive"})
    void what_a_filter_ended_is_told_as_refused(String reason) throws Exception {
        String end = choice("{}, \"finish_reason\": \"" + reason + "\"}]}\n\n") + DONE;
        assertThat(answer(said("so far") + end).end)
                .isInstanceOfSatisfying(
                        ModelEnd.Ended.class,
                        ended -> assertThat(ended.cut())
                                .extracting(ModelEnd.Cut::code)
                                .isEqualTo("refused"));
        assertThat(answer(end).end)
                .isInstanceOfSatisfying(
                        ModelEnd.Failed.class,
                        failed -> assertThat(failed.failure().code()).isEqualTo("refused"));
    }

    /** What the documentation has and nobody reads. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            no names and numbers   | data: {"choices": [{"delta": {"content": "all of it"}}]}
            null for them          | data: {"id": null, "created": null, "model": null, "choices": [{"index": null, "delta": {"content": "all of it"}}]}
            a filter's own event   | data: {"id": "1", "created": 1, "model": "m", "choices": [{"index": 0, "content_filter_offsets": {}}]}
            no choices             | data: {"id": "1", "created": 1, "model": "m", "object": "chat.completion.chunk"}
            an incomplete count    | data: {"id": "1", "created": 1, "model": "m", "choices": [], "usage": {"total_tokens": 0, "total_characters": 0}}
            a comment              | : OPENROUTER PROCESSING
            parts                  | data: {"id": "1", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}}]}
            text in parts          | data: {"id": "1", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "all "}, {"type": "text", "text": "of it"}]}}]}
            """)
    void an_event_is_understood_whatever_it_leaves_out(String what, String event) throws Exception {
        String rest = event.contains("all ") ? "" : said("all of it");
        whole(event + "\n\n" + rest + STOP + DONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "\r\n"})
    void the_last_event_counts_though_the_empty_line_behind_it_is_left_out(String end) throws Exception {
        whole(said("all ") + choice("{\"content\": \"of it\"}, \"finish_reason\": \"stop\"}]}" + end));
    }

    @ParameterizedTest
    @CsvSource({
        "https://ours.openai.azure.com/openai/v1, true",
        "https://ours.openai.azure.com/openai/v1/, true",
        "https://ours.openai.azure.com/openai/deployments/m, false",
        "http://localhost:8000/v1, false"
    })
    void azure_knows_the_new_names_of_options_where_its_address_is_the_new_one(String address, boolean azure) {
        assertThat(OpenAiEndpoint.isAzure(address)).isEqualTo(azure);
    }

    @Test
    void a_count_is_kept_though_it_is_not_complete() throws Exception {
        String usage = "data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 5, \"completion_tokens\": 7}}\n\n";
        assertThat(answer(said("all of it") + STOP + usage + DONE).end).isEqualTo(new ModelEnd.Ended(5, 7, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uFEFF", "\n", ": hello\n\n", "\r\n"})
    void nothing_is_lost_whatever_stands_before_it(String before) throws Exception {
        whole(before + said("all of it") + STOP + DONE);
    }

    private void whole(String body) throws InterruptedException {
        var answer = answer(body);
        assertThat(answer.end).isInstanceOf(ModelEnd.Ended.class);
        assertThat(answer.text).isEqualTo("all of it");
    }

    private static String said(String text) {
        return choice("{\"content\": \"" + text + "\"}, \"finish_reason\": null}]}\n\n");
    }

    private static String choice(String rest) {
        return "data: {\"id\": \"1\", \"object\": \"chat.completion.chunk\", \"created\": 1, \"model\": \"m\","
                + " \"choices\": [{\"index\": 0, \"delta\": " + rest;
    }

    private record Answer(String text, ModelEnd end) {}

    private Answer answer(String body) throws InterruptedException {
        String model = "model-" + UUID.randomUUID();
        server.on(model, Script.answers(200, body));
        var limit = Duration.ofSeconds(30);
        var agent = new Agent(UUID.randomUUID(), "ada", "Ada", Provider.OPENAI, model, "", "{}", limit, limit, limit);
        var text = new StringBuffer();
        try (var call = models.call(agent, new Prompt(List.of(new UserMessage("hello"))), model, new Heard(text))) {
            ModelEnd end = call.end(limit);
            return new Answer(text.toString(), end);
        }
    }

    private record Heard(StringBuffer text) implements ModelListener {
        @Override
        public void alive() {}

        @Override
        public void said(String piece) {
            text.append(piece);
        }
    }
}
