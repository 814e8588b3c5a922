package dev.holdfast.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.RequestBody;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

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

    /** Schemas have simple names, and of two records of one name only one would be described. */
    @Test
    void every_body_is_described_as_its_call_takes_it() {
        app.handlerMapping().getHandlerMethods().forEach((mapping, method) -> {
            var body = Stream.of(method.getMethodParameters())
                    .filter(each -> each.hasParameterAnnotation(RequestBody.class))
                    .findAny();
            if (body.isEmpty()) return;
            for (var path : mapping.getPatternValues()) {
                for (var verb : mapping.getMethodsCondition().getMethods()) {
                    var schema = api.path("paths")
                            .path(path)
                            .path(verb.name().toLowerCase(Locale.ROOT))
                            .path("requestBody")
                            .path("content")
                            .path("application/json")
                            .path("schema")
                            .path("$ref")
                            .stringValue();
                    assertThat(described(schema.substring(schema.lastIndexOf('/') + 1)))
                            .as(verb + " " + path)
                            .containsExactlyInAnyOrderElementsOf(
                                    fields(body.get().getParameterType()));
                }
            }
        });
    }

    private static List<String> fields(Class<?> record) {
        return Stream.of(record.getRecordComponents())
                .map(field -> {
                    var named = field.getAccessor().getAnnotation(JsonProperty.class);
                    return named == null ? field.getName() : named.value();
                })
                .toList();
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

    /** Among them nulls, which most programs made from a description don't expect where it doesn't tell of them. */
    @Test
    void what_is_answered_fits_its_description() {
        ada.post("/api/agents", "{\"handle\": \"uma\", \"provider\": \"guide\", \"model\": \"guide\"}")
                .mustBe(201);
        var bob = app.member("bob");
        ada.post("/api/channels", "{\"direct\": [\"bob\"]}").mustBe(201);
        ada.write(ada.channel("general"), "be described, @uma").mustBe(201);
        for (var reader : List.of(ada, bob)) {
            var channel = "/api/channels/" + reader.channel("general");
            mustFit(reader, channel + "/messages", "/api/channels/{channel}/messages");
            mustFit(reader, channel + "/changes?after=0", "/api/channels/{channel}/changes");
            mustFit(reader, channel + "/members", "/api/channels/{id}/members");
            for (var path : List.of(
                    "/api/me",
                    "/api/channels",
                    "/api/channels/public",
                    "/api/agents",
                    "/api/accounts",
                    "/api/sessions")) mustFit(reader, path, path);
        }
        mustFit(ada, "/api/invites", "/api/invites");
        mustFit(ada, "/api/setup", "/api/setup");
    }

    private static void mustFit(Browser reader, String address, String path) {
        var sent = reader.get(address).mustBe(200);
        assertThat(sent.header("Content-Type").orElseThrow()).startsWith("application/json");
        assertThat(sent.json()).as(path).isNotEmpty();
        assertThat(misfits(sent.json(), answerTo(path).path("application/json").path("schema"), path))
                .isEmpty();
    }

    private static List<String> misfits(JsonNode sent, JsonNode schema, String where) {
        if (schema.has("anyOf")) {
            var each = schema.path("anyOf").valueStream().map(one -> misfits(sent, one, where));
            return each.min(Comparator.comparing(List::size)).orElseThrow();
        }
        if (schema.has("$ref")) {
            var name = schema.path("$ref").stringValue().replaceFirst(".*/", "");
            return misfits(sent, api.path("components").path("schemas").path(name), where);
        }
        var types = schema.path("type").isArray()
                ? schema.path("type").valueStream().map(JsonNode::stringValue).toList()
                : List.of(schema.path("type").asString("none"));
        if (!types.contains(type(sent)) && !(types.contains("number") && sent.isNumber())) {
            return List.of("%s is %s, described as %s".formatted(where, sent, types));
        }
        var misfits = new ArrayList<String>();
        for (var one : sent.isArray() ? sent : JsonNodeFactory.instance.arrayNode())
            misfits.addAll(misfits(one, schema.path("items"), where));
        for (var field : sent.properties()) {
            var described = schema.path("properties").path(field.getKey());
            misfits.addAll(misfits(field.getValue(), described, where + " " + field.getKey()));
        }
        return misfits;
    }

    private static String type(JsonNode sent) {
        return sent.isIntegralNumber() ? "integer" : sent.getNodeType().name().toLowerCase(Locale.ROOT);
    }

    @Test
    void a_call_needs_a_session_where_its_description_says_so() {
        for (var path : api.path("paths").properties()) {
            for (var operation : path.getValue().properties()) {
                var call = operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey();
                var open = operation.getValue().has("security");
                assertThat(app.browser()
                                .send(
                                        operation.getKey().toUpperCase(Locale.ROOT),
                                        path.getKey()
                                                .replaceAll(
                                                        "\\{[^}]+}",
                                                        UUID.randomUUID().toString()),
                                        "{}")
                                .body()
                                .contains("Nobody is signed in"))
                        .as(call)
                        .isNotEqualTo(open);
            }
        }
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
