package dev.holdfast.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.model.Agent.Provider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;

/** What people are told, and the log, when a server answers with something else than a reply, or nothing answers. */
class ServerAnswersTest {
    private static final String KEY = "0123-no-usual-form-4567";
    private static final String EVENTS = "text/event-stream";

    private HttpServer server;
    private volatile int status;
    private volatile String type;
    private volatile String body;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            var bytes = body.getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            if (status / 100 == 3) exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(
                    exchange.getRequestURI().getPath().equals("/elsewhere") ? 200 : status,
                    bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    private String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private Failure answered(Provider provider, int status, String type, String body) {
        this.status = status;
        this.type = type;
        this.body = body;
        return failure(provider, address(), KEY);
    }

    private static Failure failure(Provider provider, String address, String key) {
        var limit = Duration.ofSeconds(30);
        var agent = new Agent(UUID.randomUUID(), "ada", "Ada", provider, "m-1", "", "{}", limit, limit, limit);
        var prompt = new Prompt(List.of(new UserMessage("hello")));
        try (var models = new Models(new ModelEnvironment(address, key, address, KEY, address));
                var call = models.call(agent, prompt, UUID.randomUUID().toString(), new Deaf())) {
            return ((ModelEnd.Failed) call.end(Duration.ofSeconds(60))).failure();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Deaf() implements ModelListener {
        @Override
        public void alive() {}

        @Override
        public void said(String piece) {}
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void where_nothing_can_be_reached_the_reason_says_so_and_the_log_why(Provider provider) throws IOException {
        var refused = failure(provider, "http://127.0.0.1:1", KEY);
        assertThat(refused.reason()).isEqualTo("nothing answers at the model's address");
        assertThat(refused.detail()).contains("Connect");
        var unknown = failure(provider, "http://no-such-host.invalid", KEY);
        assertThat(unknown.reason()).isEqualTo("the host in the model's address is not known");
        assertThat(unknown.detail()).isNotEmpty();
        Failure plain;
        try (var listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerInPlain(listening));
            plain = failure(provider, "https://127.0.0.1:" + listening.getLocalPort(), KEY);
        }
        assertThat(plain.reason()).isEqualTo("the secure connection to the model failed");
        assertThat(plain.detail()).contains("SSL");
        assertThat(List.of(refused, unknown, plain))
                .allSatisfy(failure -> assertThat(failure)
                        .isInstanceOf(Failure.TryAgain.class)
                        .extracting(Failure::code)
                        .isEqualTo("connection"));
    }

    private static void answerInPlain(ServerSocket listening) {
        try (var socket = listening.accept()) {
            socket.getInputStream().read(new byte[64 * 1024]);
            socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void the_log_has_a_failed_servers_own_words_in_one_line_and_without_keys(Provider provider) {
        var failure = answered(
                provider,
                500,
                "application/json",
                "{\"error\":{\"code\":500,\"message\":\"llama runner\\nhas terminated; you sent sk-abcdefgh\"}}");
        assertThat(failure).isInstanceOf(Failure.TryAgain.class);
        assertThat(failure.reason()).isEqualTo("the model's server failed (500)");
        assertThat(failure.detail()).isEqualTo("status 500: llama runner has terminated; you sent ***");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void a_key_that_a_server_repeats_comes_into_no_log(Provider provider) {
        for (int status : new int[] {401, 403, 422, 500}) {
            assertThat(answered(provider, status, "text/plain", "You sent " + KEY))
                    .hasToString(answered(provider, status, "text/plain", "You sent ***")
                            .toString())
                    .extracting(Failure::detail)
                    .asString()
                    .contains("You sent ***");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            OPENAI    | 404 | application/json | {"detail":"Not Found"}
            OPENAI    | 404 | text/plain       | 404 page not found
            OPENAI    | 404 | text/html        | <html>Our models are fine, this page is not</html>
            OPENAI    | 405 | application/json | {"detail":"Method Not Allowed"}
            OPENAI    | 200 | text/html        | <!doctype html><p>hello
            OPENAI    | 200 | application/json | {"error":{"code":404,"message":"no such endpoint"}}
            OPENAI    | 301 | text/html        | ''
            OPENAI    | 302 | text/html        | <p>moved
            OPENAI    | 307 | text/html        | ''
            OPENAI    | 308 | text/html        | ''
            ANTHROPIC | 404 | text/plain       | Not Found
            ANTHROPIC | 200 | text/html        | <!doctype html><p>hello
            ANTHROPIC | 308 | text/html        | ''
            OLLAMA    | 404 | text/plain       | 404 page not found
            OLLAMA    | 200 | text/html        | <!doctype html><p>hello
            OLLAMA    | 301 | text/html        | ''
            OLLAMA    | 307 | text/html        | <p>moved
            """)
    void a_wrong_address_is_told_as_one_at_once_with_its_variable(
            Provider provider, int status, String type, String body) {
        var failure = answered(provider, status, type, body);
        assertThat(failure).isInstanceOf(Failure.GiveUp.class);
        assertThat(failure.code()).isEqualTo("wrong_address");
        assertThat(failure.reason()).matches("No model answers at the address in [A-Z_]*" + "BASE_URL\\..*\\.");
        assertThat(failure.detail()).startsWith("status " + status);
    }

    /** Some gateways begin to answer before they know what comes. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text/event-stream | data: {"error":{"code":402,"message":"Insufficient credits"}}        | refused
            text/event-stream | data: {"error":{"code":"401","message":"No auth credentials found"}} | bad_key
            text/event-stream | data: {"error":{"code":429,"message":"Slow down"}}                   | rate_limited
            text/event-stream | data: {"error":{"code":502,"message":"Provider disconnected"}}       | server_error
            text/event-stream | data: {"error":{"code":1302,"message":"of their own"}}               | server_error
            application/json  | {"error":{"code":429,"message":"Slow down"}}                         | rate_limited
            application/json  | {"error":{"code":404,"message":"The model m-1 does not exist"}}      | unknown_model
            application/json  | {"error":{"code":404,"type":"DeploymentNotFound","message":"None"}}  | unknown_model
            """)
    void an_error_that_came_with_200_is_the_one_that_it_says_it_is(String type, String answer, String code) {
        assertThat(answered(Provider.OPENAI, 200, type, answer + "\n\n").code()).isEqualTo(code);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void a_model_that_the_server_names_is_the_one_that_it_does_not_know(Provider provider) {
        var failure = answered(provider, 404, "application/json", "{\"error\":\"model 'm-1' not found\"}");
        assertThat(failure.code()).isEqualTo("unknown_model");
        assertThat(failure.reason()).contains("m-1", "@ada");
    }

    @Test
    void a_stream_is_one_whatever_it_is_called() {
        var failure = answered(Provider.OPENAI, 200, "application/json", "\n data: {}\n\n");
        assertThat(failure).isInstanceOf(Failure.TryAgain.class);
        assertThat(failure.code()).isEqualTo("cut");
    }

    @Test
    void a_server_that_asks_for_a_key_where_none_is_set_is_told_so() {
        answered(Provider.OPENAI, 401, "application/json", "{\"error\":{\"message\":\"Unauthorized\"}}");
        var failure = failure(Provider.OPENAI, address(), null);
        assertThat(failure.code()).isEqualTo("bad_key");
        assertThat(failure.reason())
                .isEqualTo(
                        "The server of OPENAI_BASE_URL asks for an API key. An operator must set OPENAI_API_KEY and restart the worker.");
    }

    @Test
    void a_country_that_is_not_served_is_no_wrong_key() {
        var failure = answered(
                Provider.OPENAI,
                403,
                "application/json",
                "{\"error\":{\"message\":\"Country, region, or territory not supported\",\"code\":\"unsupported_country_region_territory\"}}");
        assertThat(failure.code()).isEqualTo("refused");
        assertThat(failure.reason())
                .isEqualTo(
                        "The server of OPENAI_BASE_URL refused the request: Country, region, or territory not supported.");
    }

    @Test
    void a_quota_that_is_used_up_is_not_waited_for_also_where_only_the_type_says_so() {
        var failure = answered(
                Provider.OPENAI,
                429,
                "application/json",
                "{\"error\":{\"message\":\"You exceeded your current quota\",\"type\":\"insufficient_quota\",\"code\":null}}");
        assertThat(failure).isInstanceOf(Failure.GiveUp.class);
        assertThat(failure.code()).isEqualTo("quota");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ANTHROPIC | 400 | {"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 195000 + 8192 > 200000"}}
            OPENAI    | 400 | {"error":"This model's maximum prompt length is 131072 but the request contains 140000 tokens."}
            OPENAI    | 400 | {"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error"}}
            OPENAI    | 500 | {"error":{"code":500,"message":"context size exceeded"}}
            OLLAMA    | 400 | {"error":"the input length exceeds the context length"}
            """)
    void a_conversation_that_is_too_long_is_recognised(Provider provider, int status, String body) {
        assertThat(answered(provider, status, "application/json", body).code()).isEqualTo("context_too_long");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            event: error\\ndata: {"error":{"message":"the model is loaded with context length of only 4096 tokens"}}\\n\\n
            data: {"error":{"code":400,"message":"This model's maximum context length is 4096 tokens","type":"x"}}\\n\\n
            """)
    void a_conversation_that_is_too_long_is_recognised_in_the_stream_too(String events) {
        var failure = answered(Provider.OPENAI, 200, EVENTS, events.replace("\\n", "\n"));
        assertThat(failure).isInstanceOf(Failure.GiveUp.class);
        assertThat(failure.code()).isEqualTo("context_too_long");
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "GUIDE")
    void the_log_has_the_words_of_an_error_in_the_stream(Provider provider) {
        var failure = provider == Provider.OLLAMA
                ? answered(provider, 200, "application/x-ndjson", """
                        {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"{\\"error\\":"},"done":false}
                        {"error":"more memory is needed"}
                        """)
                : answered(provider, 200, EVENTS, """
                        event: error
                        data: {"type":"error","error":{"type":"x","message":"more memory is needed"}}

                        """);
        assertThat(failure).isInstanceOf(Failure.TryAgain.class);
        assertThat(failure.reason()).isEqualTo("the model's server failed mid-answer");
        assertThat(failure.detail()).contains("more memory is needed");
    }

    @Test
    void a_conversation_that_is_too_long_is_recognised_in_a_line_of_ollama_too() {
        var failure = answered(
                Provider.OLLAMA, 200, "application/x-ndjson", "{\"error\":\"the input exceeds the context length\"}\n");
        assertThat(failure.code()).isEqualTo("context_too_long");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ANTHROPIC | {"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}} | Anthropic refused the request: Your credit balance is too low to access the Anthropic API.
            OLLAMA    | {"error":"\\"nomic-embed-text\\" does not support chat"} | Ollama refused the request: "nomic-embed-text" does not support chat.
            OPENAI    | {"detail":[{"loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]} | The server of OPENAI_BASE_URL refused the request: Extra inputs are not permitted (stream_options.include_usage).
            OPENAI    | [{"error":{"code":400,"message":"Please pass a valid value."}}] | The server of OPENAI_BASE_URL refused the request: Please pass a valid value.
            OPENAI    | <html>bad request</html> | The server of OPENAI_BASE_URL refused the request: status 400.
            """)
    void a_refusal_is_quoted_as_a_sentence(Provider provider, String body, String sentence) {
        assertThat(answered(provider, 400, "application/json", body).reason()).isEqualTo(sentence);
    }
}
