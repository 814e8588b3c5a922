package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.AgentOptions;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentsTest {

    private static WebApp app;
    private static Browser ada;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        ada = app.administrator();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void an_agent_is_made_with_defaults_and_changed_in_parts() {
        var made = ada.post(
                        "/api/agents",
                        "{\"handle\": \"mo\", \"provider\": \"openai\", \"model\": \"gpt\", \"systemPrompt\": \"Be brief.\"}")
                .mustBe(201)
                .json();
        assertThat(made.path("displayName").stringValue()).isEqualTo("mo");
        assertThat(made.path("maxConcurrency").isNull()).isTrue();
        assertThat(made.path("paused").booleanValue()).isFalse();
        assertThat(made.path("firstTokenSeconds").intValue()).isEqualTo(60);
        var address = "/api/agents/" + made.path("id").stringValue();
        var changed = ada.patch(
                        address,
                        "{\"paused\": true, \"maxConcurrency\": 4, \"options\": {\"temperature\": 0.5}, \"totalSeconds\": 30}")
                .mustBe(200)
                .json();
        assertThat(changed.path("paused").booleanValue()).isTrue();
        assertThat(changed.path("maxConcurrency").intValue()).isEqualTo(4);
        assertThat(changed.path("options").path("temperature").doubleValue()).isEqualTo(0.5);
        assertThat(changed.path("totalSeconds").intValue()).isEqualTo(30);
        assertThat(changed.path("systemPrompt").stringValue()).isEqualTo("Be brief.");
        var unlimited =
                ada.patch(address, "{\"maxConcurrency\": null}").mustBe(200).json();
        assertThat(unlimited.path("maxConcurrency").isNull()).isTrue();
        assertThat(unlimited.path("paused").booleanValue()).isTrue();
    }

    @ParameterizedTest(name = "{0} leaves the limit as it is")
    @ValueSource(strings = {"\"paused\": true", "\"displayName\": \"Lim\"", ""})
    void a_change_that_does_not_name_the_limit_leaves_it_as_it_is(String change) {
        var made = ada.post(
                        "/api/agents",
                        "{\"handle\": \"limited%d\", \"provider\": \"guide\", \"model\": \"guide\", \"maxConcurrency\": 7}"
                                .formatted(change.length()))
                .mustBe(201)
                .json();
        var changed = ada.patch("/api/agents/" + made.path("id").stringValue(), "{" + change + "}")
                .mustBe(200)
                .json();
        assertThat(changed.path("maxConcurrency").intValue()).isEqualTo(7);
    }

    @Test
    void members_see_agents_but_not_their_prompts() {
        ada.post(
                        "/api/agents",
                        "{\"handle\": \"secretive\", \"provider\": \"ollama\", \"model\": \"llama\", \"systemPrompt\": \"hush\"}")
                .mustBe(201);
        var seen = app.member("bob").get("/api/agents").mustBe(200);
        assertThat(seen.body()).contains("secretive").doesNotContain("hush");
        assertThat(ada.get("/api/agents").body()).contains("hush");
    }

    @Test
    void a_handle_is_taken_by_people_and_agents_alike() {
        assertThat(ada.post("/api/agents", "{\"handle\": \"ada\", \"provider\": \"guide\", \"model\": \"guide\"}")
                        .mustBe(409)
                        .detail())
                .contains("@ada");
    }

    @ParameterizedTest(name = "{0} is refused")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    no handle           | 422 | {"provider": "guide", "model": "guide"} | handle
                    a wrong handle      | 422 | {"handle": "Mo!", "provider": "guide", "model": "guide"} | Mo!
                    no provider         | 422 | {"handle": "x", "model": "m"} | provider
                    an unknown provider | 422 | {"handle": "x", "provider": "skynet", "model": "m"} | skynet
                    no model            | 422 | {"handle": "x", "provider": "openai"} | model
                    an unknown option   | 400 | {"handle": "x", "provider": "openai", "model": "m", "options": {"apiKey": "sk"}} | apiKey
                    a wrong option      | 422 | {"handle": "x", "provider": "openai", "model": "m", "options": {"temperature": 3}} | temperature
                    options as a list   | 400 | {"handle": "x", "provider": "openai", "model": "m", "options": []} | options
                    no concurrency      | 422 | {"handle": "x", "provider": "openai", "model": "m", "maxConcurrency": 0} | maxConcurrency
                    a fraction          | 400 | {"handle": "x", "provider": "openai", "model": "m", "maxConcurrency": 1.5} | maxConcurrency
                    no time             | 422 | {"handle": "x", "provider": "openai", "model": "m", "idleSeconds": 0} | idleSeconds
                    a base URL          | 400 | {"handle": "x", "provider": "openai", "model": "m", "baseUrl": "http://here"} | baseUrl
                    paused as text      | 400 | {"handle": "x", "provider": "openai", "model": "m", "paused": "yes"} | paused
                    """)
    void what_cannot_be_an_agent_is_refused_with_a_sentence(String what, int status, String body, String named) {
        assertThat(ada.post("/api/agents", body).mustBe(status).detail())
                .as(what)
                .contains(named)
                .endsWith(".");
        assertThat(ada.get("/api/agents").body()).doesNotContain("\"x\"");
    }

    @Test
    void the_options_that_are_taken_are_those_that_a_worker_reads() {
        var all =
                "{\"temperature\": 1, \"topP\": 0.5, \"maxTokens\": 10, \"contextTokens\": 20, \"contextMessages\": 30}";
        var made = ada.post(
                        "/api/agents",
                        "{\"handle\": \"optional\", \"provider\": \"guide\", \"model\": \"guide\", \"options\": %s}"
                                .formatted(all))
                .mustBe(201);
        assertThat(AgentOptions.parse(made.json().path("options").toString()))
                .isEqualTo(new AgentOptions(1.0, 0.5, 10, 20, 30));
        assertThat(names(AgentOptionsChange.class)).isEqualTo(names(AgentOptions.class));
    }

    private static List<String> names(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }

    @Test
    void changes_of_agents_are_audited_without_the_prompt() {
        ada.post(
                        "/api/agents",
                        "{\"handle\": \"audited\", \"provider\": \"guide\", \"model\": \"guide\", \"systemPrompt\": \"hush\"}")
                .mustBe(201);
        assertThat(app.jdbc()
                        .sql(
                                "select actor || ' ' || action || ' ' || detail from chat.audit where subject = 'agent audited'")
                        .query(String.class)
                        .list())
                .isNotEmpty()
                .allSatisfy(row -> assertThat(row).startsWith("ada ").doesNotContain("hush"));
    }
}
