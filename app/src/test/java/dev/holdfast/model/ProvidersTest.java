package dev.holdfast.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.model.Agent.Provider;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.Served;
import dev.holdfast.testing.Texts;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;
import tools.jackson.databind.json.JsonMapper;

/** Every provider through its real client, against a server that speaks its protocol. */
@TestInstance(Lifecycle.PER_CLASS)
class ProvidersTest {
    private static final String KEY = "sk-secret-of-this-test";
    private final ModelServer server = ModelServer.start();
    private final Models models =
            new Models(new ModelEnvironment(server.openAiBaseUrl(), KEY, server.baseUrl(), KEY, server.baseUrl()));

    @AfterAll
    void close() {
        models.close();
        server.close();
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void every_kind_of_text_arrives_as_the_model_sent_it(Provider provider) throws Exception {
        for (var kind : Texts.Kind.values()) {
            for (var split : Script.Split.values()) {
                String text = Texts.ofWords(kind, 60, 11);
                var said = listen(provider, Script.says(text).split(split));
                assertThat(said.text).as(kind + " split by " + split).isEqualTo(text);
                assertThat(said.last).isInstanceOf(ModelEnd.Ended.class);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void a_reply_of_100_kB_arrives_whole_and_with_its_token_counts(Provider provider) throws Exception {
        String text = Texts.ofLength(Texts.Kind.MIXED, 100_000, 5);
        var said = listen(provider, Script.says(text));
        assertThat(said.text).isEqualTo(text);
        assertThat(said.last).isInstanceOfSatisfying(ModelEnd.Ended.class, ended -> {
            assertThat(ended.inputTokens()).isPositive();
            assertThat(ended.outputTokens()).isGreaterThan(1000);
        });
    }

    /** Ollama has no gateways before it that do so. */
    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void an_answer_whose_connection_stays_open_is_whole_at_once(Provider provider) throws Exception {
        var said = listen(provider, Script.says("all of it").fault(Fault.LINGER));
        assertThat(said.text).isEqualTo("all of it");
        assertThat(said.last).isInstanceOf(ModelEnd.Ended.class);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void what_time_can_mend_is_tried_again(Provider provider) throws Exception {
        for (var fault : List.of(
                Fault.SERVER_ERROR,
                Fault.OVERLOADED,
                Fault.DROP,
                Fault.CUT,
                Fault.CUT_CLEAN,
                Fault.RUBBISH,
                Fault.ERROR_EVENT,
                Fault.EMPTY)) {
            var said = listen(provider, Script.fails(fault));
            assertThat(failure(said)).as(provider + " " + fault + ": " + said).isInstanceOf(Failure.TryAgain.class);
        }
    }

    /** Ollama leaves out what is zero; older ones did so with the prompt's count when they had it in their cache. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"done_reason\": \"stop\", \"eval_count\": 2",
                "\"done_reason\": \"stop\", \"prompt_eval_count\": 3",
                "\"done_reason\": \"stop\"",
                "\"prompt_eval_count\": 3, \"eval_count\": 2"
            })
    void an_answer_of_ollama_is_whole_whatever_it_counts(String counts) throws Exception {
        String body =
                "{\"model\": \"m\", \"created_at\": \"2026-01-01T00:00:00Z\", \"message\": {\"role\": \"assistant\", "
                        + "\"content\": \"%s\"}, \"done\": %s}\n";
        var said = listen(
                Provider.OLLAMA,
                Script.answers(200, body.formatted("all of it", "false") + body.formatted("", "true, " + counts)));
        assertThat(said.text).isEqualTo("all of it");
        assertThat(said.last).isInstanceOf(ModelEnd.Ended.class);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void a_request_whose_kept_connection_dies_is_sent_once_since_the_queue_alone_tries_again(Provider provider)
            throws Exception {
        String model = "model-" + UUID.randomUUID();
        listen(provider, model, Script.says("and the connection is kept"));
        assertThat(failure(listen(provider, model, Script.fails(Fault.DROP)))).isInstanceOf(Failure.TryAgain.class);
        assertThat(server.served(model)).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void what_only_a_person_can_mend_is_given_up_with_a_sentence(Provider provider) throws Exception {
        for (var fault : List.of(Fault.BAD_KEY, Fault.UNKNOWN_MODEL, Fault.CONTEXT_TOO_LONG, Fault.REFUSED)) {
            var failure = failure(listen(provider, Script.fails(fault)));
            assertThat(failure).as(provider + " " + fault + ": " + failure).isInstanceOf(Failure.GiveUp.class);
            assertThat(failure.code()).isEqualTo(fault.name().toLowerCase());
            assertThat(failure.reason()).matches("(?s)[A-Z].*[.}\"]").doesNotContain(KEY, "sk-");
        }
    }

    /** OpenAI's code is a word or null; llama.cpp, OpenRouter and others send the status as a number. */
    @ParameterizedTest
    @ValueSource(strings = {"%d", "\"%d\"", "{\"http\": %d}", "[%d]", "null", "absent"})
    void an_error_is_understood_whatever_its_code_is(String form) throws Exception {
        record Case(int status, String message, String code) {}
        for (var each : List.of(
                new Case(400, "the request exceeds the available context size", "context_too_long"),
                new Case(401, "Invalid API Key", "bad_key"),
                new Case(429, "Slow down", "rate_limited"),
                new Case(503, "Loading model", "overloaded"))) {
            String code = form.equals("absent") ? "" : ", \"code\": " + form.formatted(each.status);
            var said = listen(
                    Provider.OPENAI,
                    Script.answers(each.status, "{\"error\": {\"message\": \"" + each.message + "\"" + code + "}}")
                            .retryAfter("3"));
            assertThat(failure(said).code()).as(each + code).isEqualTo(each.code);
            if (failure(said) instanceof Failure.TryAgain again) {
                assertThat(again.retryAfter()).isEqualTo(Duration.ofSeconds(3));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void retry_after_is_obeyed_as_seconds_and_as_a_date(Provider provider) throws Exception {
        var seconds = (Failure.TryAgain)
                failure(listen(provider, Script.fails(Fault.RATE_LIMITED).retryAfter("7")));
        assertThat(seconds.retryAfter()).isEqualTo(Duration.ofSeconds(7));
        assertThat(seconds.reason()).isEqualTo("rate limited");
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().plusSeconds(60).atZone(ZoneOffset.UTC));
        var dated = (Failure.TryAgain)
                failure(listen(provider, Script.fails(Fault.RATE_LIMITED).retryAfter(date)));
        assertThat(dated.retryAfter()).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(61));
        var none = (Failure.TryAgain) failure(listen(provider, Script.fails(Fault.RATE_LIMITED)));
        assertThat(none.retryAfter()).isNull();
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void the_request_is_sent_once_whatever_the_answer(Provider provider) throws Exception {
        for (var fault : List.of(Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.OVERLOADED)) {
            String model = "once-" + provider + fault;
            listen(provider, model, Script.fails(fault));
            assertThat(server.served(model)).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void closing_a_call_closes_its_http_request_in_every_phase(Provider provider) throws Exception {
        for (var fault : List.of(Fault.SILENCE, Fault.STALL_FIRST, Fault.STALL, Fault.NONE)) {
            String model = "close-" + provider + fault;
            server.on(
                    model,
                    Script.says("word ".repeat(5000)).pace(100).fault(fault).after(3));
            var speaking = new CountDownLatch(fault == Fault.STALL || fault == Fault.NONE ? 3 : 0);
            var call = call(provider, model, piece -> speaking.countDown());
            Served served = server.await("for " + model, one -> one.model.equals(model));
            assertThat(speaking.await(10, SECONDS)).as(provider + " " + fault).isTrue();
            var closed = Instant.now();
            call.close();
            server.await(
                    "closed by " + provider + " during " + fault,
                    one -> one == served && one.end() == Served.End.CLOSED_BY_CLIENT);
            assertThat(Duration.between(closed, served.endedAt()))
                    .as(provider + " " + fault)
                    .isLessThan(Duration.ofSeconds(5));
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void two_hundred_silent_requests_do_not_keep_the_next_one_waiting(Provider provider) throws Exception {
        server.on("silent-" + provider, Script.fails(Fault.SILENCE));
        var silent = new ArrayList<ModelCall>();
        for (int i = 0; i < 200; i++) {
            silent.add(call(provider, "silent-" + provider, piece -> {}));
        }
        assertThat(listen(provider, Script.says("hello there")).text).isEqualTo("hello there");
        silent.forEach(ModelCall::close);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void whoever_reads_slowly_slows_the_provider_down(Provider provider) throws Exception {
        String model = "slow-" + provider;
        String text = Texts.ofLength(Texts.Kind.WORDS, 5_000_000, 3);
        server.on(model, Script.says(text));
        var reading = new CountDownLatch(1);
        var readOn = new CountDownLatch(1);
        var call = call(provider, model, piece -> {
            reading.countDown();
            readOn.await();
        });
        try (call) {
            Served served = server.await("for " + model, one -> one.model.equals(model));
            assertThat(reading.await(10, SECONDS)).isTrue();
            assertThat(settled(served)).isLessThan(text.length() / 2);
        } finally {
            readOn.countDown();
        }
    }

    /** @return the characters sent, once no more have been for 300 ms */
    private static int settled(Served served) throws InterruptedException {
        int sent = -1;
        for (int looks = 0; served.text().length() != sent; looks++) {
            assertThat(looks).as("0.3 s each").isLessThan(70);
            sent = served.text().length();
            Thread.sleep(300);
        }
        return sent;
    }

    @Test
    void a_provider_without_its_variable_says_which_one_to_set() throws Exception {
        try (var bare = new Models(new ModelEnvironment(null, null, null, null, null));
                var call = bare.call(agent(Provider.OPENAI, "gpt"), prompt(), "r", new Heard(piece -> {}))) {
            assertThat(call.end(Duration.ZERO))
                    .isInstanceOfSatisfying(
                            ModelEnd.Failed.class,
                            failed -> assertThat(failed.failure().reason()).contains("OPENAI_API_KEY"));
        }
    }

    @Test
    void a_key_that_a_server_repeats_is_shown_to_nobody() throws Exception {
        var key = "0123-no-usual-form-4567";
        var echo = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        echo.createContext("/", exchange -> {
            var body = "{\"error\": {\"type\": \"x\", \"message\": \"%s\"}}"
                    .formatted("You sent " + key)
                    .getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(422, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        echo.start();
        var address = "http://127.0.0.1:" + echo.getAddress().getPort();
        try (var echoed = new Models(new ModelEnvironment(address, key, address, key, null))) {
            for (var provider : List.of(Provider.OPENAI, Provider.ANTHROPIC)) {
                var last = read(echoed.call(
                        agent(provider, "model"), prompt(), "echoed by " + provider, new Heard(piece -> {})));
                assertThat(failure(new Answer("", last)).reason())
                        .contains("***")
                        .doesNotContain(key);
            }
        } finally {
            echo.stop(0);
        }
    }

    @Test
    void a_server_of_ones_own_is_sent_no_key() throws Exception {
        var keyless = new Models(new ModelEnvironment(server.openAiBaseUrl(), null, null, null, null));
        try (keyless) {
            var text = new StringBuffer();
            read(keyless.call(agent(Provider.OPENAI, "own"), prompt(), "keyless", new Heard(text::append)));
            assertThat(text).hasToString("You said: hello");
            assertThat(server.served("own").getFirst().key).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({"OPENAI, Bearer " + KEY, "ANTHROPIC, " + KEY, "OLLAMA,"})
    void the_key_is_sent_as_its_provider_wants_it(Provider provider, String key) throws Exception {
        listen(provider, "keyed " + provider, Script.says("welcome"));
        assertThat(server.served("keyed " + provider).getFirst().key).isEqualTo(key);
    }

    @Test
    void a_model_whose_answer_takes_longer_than_a_minute_is_not_cut_by_the_client() {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var agent = agent(Provider.OPENAI, "slow");
            assertThat(new OpenAiEndpoint(server.openAiBaseUrl(), null, threads)
                            .options(agent, AgentOptions.DEFAULTS)
                            .getTimeout())
                    .as("without one of its own Spring AI ends the answer; the slot keeps the agent's limits")
                    .isZero();
        }
    }

    /** Else it would drop what is more than its own default, and say so to nobody. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"contextTokens": 2000}                   | 6096
            {"contextTokens": 2000, "maxTokens": 100} | 2100
            {"contextTokens": 16000}                  | 20096
            {"maxTokens": 100}                        |
            {}                                        |
            """)
    void ollama_is_told_how_long_a_context_an_administrator_wants(String options, Integer numCtx) throws Exception {
        String model = "model-" + UUID.randomUUID();
        var limit = Duration.ofSeconds(30);
        var agent =
                new Agent(UUID.randomUUID(), "ada", "Ada", Provider.OLLAMA, model, "", options, limit, limit, limit);
        read(models.call(agent, prompt(), model, new Heard(piece -> {})));
        var sent =
                new JsonMapper().readTree(server.served(model).getFirst().body).path("options");
        assertThat(sent.has("num_ctx")).isEqualTo(numCtx != null);
        if (numCtx != null) assertThat(sent.path("num_ctx").asInt()).isEqualTo(numCtx);
    }

    private record Answer(String text, ModelEnd last) {}

    private interface Piece {
        void said(String piece) throws InterruptedException;
    }

    private record Heard(Piece piece) implements ModelListener {
        @Override
        public void alive() {}

        @Override
        public void said(String said) throws InterruptedException {
            piece.said(said);
        }
    }

    private ModelCall call(Provider provider, String model, Piece piece) {
        return models.call(agent(provider, model), prompt(), UUID.randomUUID().toString(), new Heard(piece));
    }

    private Answer listen(Provider provider, Script script) throws InterruptedException {
        return listen(provider, "model-" + UUID.randomUUID(), script);
    }

    private Answer listen(Provider provider, String model, Script script) throws InterruptedException {
        server.on(model, script);
        var text = new StringBuffer();
        var last = read(call(provider, model, text::append));
        return new Answer(text.toString(), last);
    }

    private static ModelEnd read(ModelCall call) throws InterruptedException {
        try (call) {
            var end = call.end(Duration.ofSeconds(90));
            assertThat(end).as("the end of what was said, within 90 s").isNotNull();
            return end;
        }
    }

    private static Failure failure(Answer answer) {
        assertThat(answer.last).isInstanceOf(ModelEnd.Failed.class);
        return ((ModelEnd.Failed) answer.last).failure();
    }

    private static Prompt prompt() {
        return new Prompt(List.of(new UserMessage("hello")));
    }

    private static Agent agent(Provider provider, String model) {
        var limit = Duration.ofSeconds(30);
        return new Agent(UUID.randomUUID(), "ada", "Ada", provider, model, "", "{}", limit, limit, limit);
    }
}
