package dev.holdfast.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesOverHttpTest {

    private static WebApp app;
    private static Browser ada;
    private static Browser bob;
    private static String general;

    @BeforeAll
    static void start() {
        app = WebApp.start("holdfast.limits.posting=100000/1m", "holdfast.limits.summoning=100000/1m");
        ada = app.administrator();
        bob = app.member("bob");
        general = ada.channel("general");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void a_message_is_created_once_and_the_same_id_again_is_the_same_message() {
        var message = Browser.message(UUID.randomUUID(), "good morning");
        var first = ada.post(path(general), message).mustBe(201);
        var second = ada.post(path(general), message).mustBe(200);
        assertThat(second.json()).isEqualTo(first.json());
        assertThat(first.json().path("content").stringValue()).isEqualTo("good morning");
        assertThat(first.json().path("author").path("handle").stringValue()).isEqualTo("ada");
        assertThat(first.json().path("deleted").booleanValue()).isFalse();
    }

    @Test
    void the_same_post_ten_times_in_parallel_makes_one_message() throws Exception {
        var id = UUID.randomUUID();
        var before = count();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Integer> post = () ->
                    ada.post(path(general), Browser.message(id, "ten times")).status();
            var answers = new ArrayList<Integer>();
            for (var answer :
                    threads.invokeAll(IntStream.range(0, 10).mapToObj(i -> post).toList())) {
                answers.add(answer.get());
            }
            assertThat(answers).containsOnly(200, 201).containsOnlyOnce(201);
        }
        assertThat(count()).isEqualTo(before + 1);
    }

    @Test
    void an_id_that_is_another_message_is_a_conflict() {
        var id = UUID.randomUUID();
        ada.post(path(general), Browser.message(id, "mine")).mustBe(201);
        var refused = bob.post(path(general), Browser.message(id, "not yours")).mustBe(409);
        assertThat(refused.detail()).contains(id.toString()).as("the remedy").contains("new random id");
    }

    @Test
    void exactly_64_kB_are_accepted_and_one_byte_more_is_refused_with_the_limit() {
        ada.write(general, "é".repeat(32 * 1024)).mustBe(201);
        ada.write(general, "\n\"".repeat(32 * 1024)).mustBe(201); // escapes make the body longer, not the message
        ada.write(general, "x".repeat(64 * 1024)).mustBe(201);
        var before = count();
        assertThat(ada.write(general, "x".repeat(64 * 1024 + 1)).mustBe(422).detail())
                .contains("65536")
                .contains("65537");
        assertThat(count()).isEqualTo(before);
    }

    @ParameterizedTest(name = "{0} is refused")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    no content            | 422 | {"id": "ID"}                              | content
                    null content          | 422 | {"id": "ID", "content": null}             | content
                    empty content         | 422 | {"id": "ID", "content": ""}               | empty
                    blank content         | 422 | {"id": "ID", "content": " \\n "}          | empty
                    unseen content        | 422 | {"id": "ID", "content": "\\u00a0\\u200b\\u3000\\ufeff"} | visible
                    NUL                   | 422 | {"id": "ID", "content": "a\\u0000b"}      | NUL
                    half an emoji         | 422 | {"id": "ID", "content": "a\\ud83d"}       | surrogate
                    no id                 | 422 | {"content": "a"}                          | UUID
                    an id that is no UUID | 400 | {"id": "seven", "content": "a"}           | UUID
                    a number as content   | 400 | {"id": "ID", "content": 7}                | content
                    a list as content     | 400 | {"id": "ID", "content": ["a"]}            | content
                    an unknown field      | 400 | {"id": "ID", "content": "a", "to": "bob"} | to
                    a field twice         | 400 | {"id": "ID", "content": "a", "content": "b"} | JSON
                    malformed JSON        | 400 | {"id": "ID", "content": "a"               | JSON
                    two objects           | 400 | {"id": "ID", "content": "a"} {}           | JSON
                    a list                | 400 | []                                        | object
                    a text                | 400 | "hello"                                   | object
                    nothing               | 400 | ``                                        | body
                    an unknown reply      | 422 | {"id": "ID", "content": "a", "replyTo": "ID"} | repl
                    """)
    void what_is_no_message_is_refused_with_a_sentence(String what, int status, String body, String named) {
        var before = count();
        var answer = ada.post(
                path(general),
                body == null ? "" : body.replace("ID", UUID.randomUUID().toString()));
        assertThat(answer.mustBe(status).detail())
                .as(what)
                .contains(named)
                .endsWith(".")
                .doesNotContain("dev.holdfast");
        assertThat(count()).isEqualTo(before);
    }

    @Test
    void an_overlong_form_of_a_character_is_refused_as_invalid_utf_8() {
        var body = Browser.message(UUID.randomUUID(), "a__b").replace("__", "\u00c0\u00af");
        var request = ada.request(path(general))
                .header("X-XSRF-TOKEN", ada.cookie("XSRF-TOKEN").orElseThrow())
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1))
                .build();
        assertThat(ada.send(request).mustBe(400).detail()).contains("UTF-8").contains("byte");
    }

    @Test
    void invalid_utf_8_is_refused() {
        var bytes = "{\"id\": \"%s\", \"content\": \"a?\"}"
                .formatted(UUID.randomUUID())
                .getBytes();
        bytes[bytes.length - 3] = (byte) 0xC3;
        var request = ada.request(path(general))
                .header("X-XSRF-TOKEN", ada.cookie("XSRF-TOKEN").orElseThrow())
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(bytes))
                .build();
        assertThat(ada.send(request).mustBe(400).detail()).isNotBlank();
    }

    @Test
    void unknown_and_foreign_channels_look_alike() {
        var unknown = UUID.randomUUID().toString();
        var hidden = bob.post("/api/channels", "{\"name\": \"bobs-own\", \"private\": true}")
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
        for (var channel : new String[] {unknown, hidden}) {
            assertThat(ada.write(channel, "hello").mustBe(404).detail()).contains(channel);
            ada.get(path(channel)).mustBe(404);
            ada.get("/api/channels/" + channel + "/changes?after=0").mustBe(404);
            ada.get("/api/channels/" + channel + "/members").mustBe(404);
            ada.put("/api/channels/" + channel + "/read", "{\"seq\": 1}").mustBe(404);
        }
    }

    @Test
    void addresses_that_make_no_sense_are_refused_with_a_sentence() {
        assertThat(ada.get(path("seven")).mustBe(400).detail()).contains("seven");
        assertThat(ada.get(path(general) + "?limit=x").mustBe(400).detail()).contains("limit");
        assertThat(ada.get(path(general) + "?limit=0").mustBe(422).detail()).contains("limit");
        assertThat(ada.get("/api/channels/" + general + "/changes").mustBe(400).detail())
                .contains("after");
        assertThat(ada.get("/api/nowhere").mustBe(404).detail()).contains("/api/nowhere");
        assertThat(ada.delete(path(general)).mustBe(405).detail())
                .contains("GET")
                .contains("POST");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"text/plain", "application/yaml", "application/x-yaml", "application/xml", "application/cbor"})
    void a_body_that_is_not_json_is_refused_by_its_type(String type) {
        var request = ada.request(path(general))
                .header("X-XSRF-TOKEN", ada.cookie("XSRF-TOKEN").orElseThrow())
                .header("Content-Type", type)
                .POST(BodyPublishers.ofString("id: " + UUID.randomUUID() + "\ncontent: hello"))
                .build();
        assertThat(ada.send(request).mustBe(415).detail()).contains("application/json");
    }

    @Test
    void a_body_beyond_every_use_is_refused_whether_its_length_is_told_or_not() {
        var huge = Browser.message(UUID.randomUUID(), "x".repeat(8_000_000));
        ada.post(path(general), huge).mustBe(413);
        var chunked = ada.request(path(general))
                .header("X-XSRF-TOKEN", ada.cookie("XSRF-TOKEN").orElseThrow())
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.fromPublisher(BodyPublishers.ofString(huge)))
                .build();
        assertThat(ada.send(chunked).mustBe(413).detail()).contains("524288");
    }

    /** Else somebody who still sends, or sends again, meets a broken connection instead of the answer. */
    @Test
    void a_refused_body_is_read_to_its_end_and_its_connection_goes_on() throws IOException {
        var length = 8_000_000;
        var head = "POST " + path(general) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\n\r\n";
        try (var socket = new Socket("127.0.0.1", app.port())) {
            socket.setSoTimeout(10_000);
            var answers = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (var call = 0; call < 2; call++) {
                socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
                socket.getOutputStream().write(new byte[length]);
                assertThat(answers.readLine()).startsWith("HTTP/1.1 413");
                skipAnswer(answers);
            }
        }
    }

    private static void skipAnswer(BufferedReader answers) throws IOException {
        var length = 0;
        for (var line = answers.readLine(); !line.isEmpty(); line = answers.readLine()) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                length = Integer.parseInt(line.split(":")[1].strip());
        }
        answers.skip(length);
    }

    @Test
    void only_its_author_edits_a_message_and_deleting_leaves_a_tombstone() {
        var message = bob.write(general, "tpyo").mustBe(201).json();
        var address = "/api/messages/" + message.path("id").stringValue();
        ada.patch(address, "{\"content\": \"typo\"}").mustBe(403);
        var edited = bob.patch(address, "{\"content\": \"typo\"}").mustBe(200).json();
        assertThat(edited.path("editedAt").isNull()).isFalse();
        var deleted = bob.delete(address).mustBe(200).json();
        assertThat(deleted.path("deleted").booleanValue()).isTrue();
        assertThat(deleted.path("content").stringValue()).isEmpty();
        bob.patch(address, "{\"content\": \"back\"}").mustBe(409);
        ada.get(address).mustBe(200);
    }

    @Test
    void a_member_stops_and_retries_a_reply() {
        ada.post("/api/agents", "{\"handle\": \"mo\", \"provider\": \"guide\", \"model\": \"guide\"}")
                .mustBe(201);
        var channel = ada.makeChannel("replies", true);
        ada.write(channel, "hello @mo").mustBe(201);
        var reply = ada.get(path(channel)).json().get(0);
        assertThat(reply.path("status").stringValue()).isEqualTo("queued");
        var address = "/api/messages/" + reply.path("id").stringValue();
        bob.post(address + "/stop", "{}").mustBe(404);
        assertThat(ada.post(address + "/stop", "{}")
                        .mustBe(200)
                        .json()
                        .path("status")
                        .stringValue())
                .isEqualTo("stopped");
        assertThat(ada.post(address + "/retry", "{}")
                        .mustBe(200)
                        .json()
                        .path("status")
                        .stringValue())
                .isEqualTo("queued");
        ada.delete(address).mustBe(200);
        assertThat(ada.post(address + "/retry", "{}").mustBe(409).detail())
                .as("the remedy")
                .contains("new message");
    }

    @Test
    void what_was_meant_for_an_earlier_run_of_a_reply_changes_nothing() {
        ada.post("/api/agents", "{\"handle\": \"flo\", \"provider\": \"guide\", \"model\": \"guide\"}")
                .mustBe(201);
        var channel = ada.makeChannel("runs", true);
        ada.write(channel, "hello @flo").mustBe(201);
        var reply = ada.get(path(channel)).json().get(0);
        var address = "/api/messages/" + reply.path("id").stringValue();
        var first = "{\"queuedAt\": %s}".formatted(reply.path("generation").path("queuedAt"));

        assertThat(statusAfter(address + "/retry", first)).isEqualTo("queued");
        assertThat(statusAfter(address + "/stop", first)).isEqualTo("stopped");
        assertThat(statusAfter(address + "/retry", first)).isEqualTo("queued");
        assertThat(statusAfter(address + "/stop", first)).isEqualTo("queued");
        assertThat(statusAfter(address + "/stop", "{\"queuedAt\": null}")).isEqualTo("stopped");
        assertThat(statusAfter(address + "/retry", first)).isEqualTo("stopped");
        assertThat(statusAfter(address + "/retry", "")).isEqualTo("queued");
        assertThat(ada.post(address + "/stop", "{\"queuedAt\": \"earlier\"}")
                        .mustBe(400)
                        .detail())
                .contains("queuedAt", "a time");
    }

    private static String statusAfter(String address, String body) {
        return ada.post(address, body).mustBe(200).json().path("status").stringValue();
    }

    private static String path(String channel) {
        return "/api/channels/" + channel + "/messages";
    }

    private static long count() {
        return app.jdbc()
                .sql("select count(*) from chat.message")
                .query(Long.class)
                .single();
    }
}
