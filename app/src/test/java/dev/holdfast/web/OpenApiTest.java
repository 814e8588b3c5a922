package dev.holdfast.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.Collection;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class OpenApiTest {

    private static WebApp app;
    private static Browser ada;
    private static JsonNode api;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        ada = app.administrator();
        api = ada.get("/v3/api-docs").mustBe(200).json();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void every_call_of_every_controller_is_described() {
        var described = new TreeSet<String>();
        for (var path : api.path("paths").properties()) {
            for (var operation : path.getValue().properties()) {
                described.add(operation.getKey().toUpperCase() + " " + path.getKey());
                assertThat(operation.getValue().path("responses").has("default"))
                        .as(path.getKey())
                        .isTrue();
            }
        }
        var mapped = new TreeSet<String>();
        app.handlerMapping().getHandlerMethods().forEach((mapping, method) -> {
            for (var path : mapping.getPatternValues()) {
                if (path.startsWith("/api/")) {
                    mapping.getMethodsCondition().getMethods().forEach(verb -> mapped.add(verb + " " + path));
                }
            }
        });
        assertThat(mapped).isNotEmpty().contains("POST /api/channels/{channel}/messages", "GET /api/feed");
        assertThat(described).isEqualTo(mapped);
    }

    @Test
    void no_answer_in_json_is_described_as_a_text() {
        for (var path : api.path("paths").properties()) {
            for (var operation : path.getValue().properties()) {
                for (var response : operation.getValue().path("responses")) {
                    var schema =
                            response.path("content").path("application/json").path("schema");
                    assertThat(schema.path("type").asString(""))
                            .as(path.getKey())
                            .isNotEqualTo("string");
                }
            }
        }
        assertThat(answerTo("/api/search")
                        .path("application/json")
                        .path("schema")
                        .path("items")
                        .path("$ref")
                        .stringValue())
                .endsWith("/Message");
        assertThat(answerTo("/api/feed").propertyNames()).containsExactly("text/event-stream");
    }

    private static JsonNode answerTo(String path) {
        return api.path("paths")
                .path(path)
                .path("get")
                .path("responses")
                .path("200")
                .path("content");
    }

    @Test
    void a_member_is_described_as_it_is_sent() {
        var sent = ada.get("/api/channels/" + ada.channel("general") + "/members")
                .mustBe(200)
                .json()
                .get(0);
        assertThat(described("Member")).containsExactlyInAnyOrderElementsOf(sent.propertyNames());
    }

    @Test
    void a_message_and_a_reply_are_described_as_they_are_sent() {
        ada.post("/api/agents", "{\"handle\": \"ivy\", \"provider\": \"guide\", \"model\": \"guide\"}")
                .mustBe(201);
        var channel = "/api/channels/" + ada.channel("general");
        ada.write(ada.channel("general"), "describe yourself, @ivy").mustBe(201);
        var sent = ada.get(channel + "/messages").mustBe(200).json();
        var reply = sent.get(0);
        assertThat(described("Message"))
                .containsExactlyInAnyOrderElementsOf(reply.propertyNames())
                .containsAll(sent.get(1).propertyNames());
        assertThat(described("Author"))
                .containsExactlyInAnyOrderElementsOf(reply.path("author").propertyNames());
        assertThat(described("Generation"))
                .containsExactlyInAnyOrderElementsOf(reply.path("generation").propertyNames());
        assertThat(described("Changes"))
                .containsExactlyInAnyOrderElementsOf(
                        ada.get(channel + "/changes?after=0").json().propertyNames());
    }

    @Test
    void a_channel_and_an_agent_are_described_as_they_are_sent() {
        ada.post("/api/agents", "{\"handle\": \"mo\", \"provider\": \"guide\", \"model\": \"guide\"}")
                .mustBe(201);
        assertThat(described("Channel"))
                .containsExactlyInAnyOrderElementsOf(
                        ada.get("/api/channels").json().get(0).propertyNames());
        assertThat(described("Agent"))
                .containsExactlyInAnyOrderElementsOf(
                        ada.get("/api/agents").json().get(0).propertyNames());
    }

    @Test
    void the_headers_of_all_calls_are_described() {
        assertThat(api.path("info").path("description").stringValue())
                .contains("X-XSRF-TOKEN")
                .contains("X-HOLDFAST-ACCOUNT");
    }

    @Test
    void a_refusal_is_described() {
        assertThat(described("Problem")).contains("detail", "retryAfter");
    }

    private static Collection<String> described(String schema) {
        return api.path("components")
                .path("schemas")
                .path(schema)
                .path("properties")
                .propertyNames();
    }
}
