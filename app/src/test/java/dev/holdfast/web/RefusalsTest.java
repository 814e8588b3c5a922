package dev.holdfast.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefusalsTest {

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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET //api/me HTTP/1.1",
                "GET /api/%2e%2e/me HTTP/1.1",
                "GET /api/..%2fme HTTP/1.1",
                "GET /api/me;x=y HTTP/1.1",
                "GET /api/me%00 HTTP/1.1",
                "GET /api/messages/%ff HTTP/1.1",
                "GET /api/channels/%0d%0aX:y HTTP/1.1",
                "GET /a|b HTTP/1.1",
                "GET /META-INF/MANIFEST.MF HTTP/1.1",
                "TRACE /api/me HTTP/1.1",
                "NOSUCH /api/me HTTP/1.1",
                "RUBBISH",
            })
    void what_never_reaches_a_controller_is_refused_with_a_sentence_and_a_policy(String line) throws IOException {
        assertThat(answerTo(line + "\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 40")
                .containsIgnoringCase("Content-Type: application/problem+json")
                .containsIgnoringCase("Content-Security-Policy: default-src 'none'")
                .contains("Check its address and headers.")
                .doesNotContainIgnoringCase("jetty");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bot Über", "Łódź", "бот", "robot \uD83E\uDD16", "a\tb"})
    void who_calls_itself_something_in_another_language_is_signed_in(String agent) throws IOException {
        var invite =
                ada.post("/api/invites", "{}").mustBe(201).json().path("code").stringValue();
        var body = "{\"invite\": \"%s\", \"handle\": \"%s\", \"password\": \"%s\"}"
                .formatted(invite, "h" + Integer.toHexString(agent.hashCode()), WebApp.PASSWORD);
        var request =
                "POST /api/accounts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
                        + "User-Agent: " + agent + "\r\nCookie: XSRF-TOKEN=t\r\nX-XSRF-TOKEN: t\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body;
        var utf8 = new String(request.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(answerTo(utf8))
                .startsWith("HTTP/1.1 201")
                .containsPattern("Set-Cookie: HOLDFAST=[^;]")
                .containsPattern("Set-Cookie: XSRF-TOKEN=[^;]{5}");
    }

    @Test
    void a_refusal_of_the_firewall_tells_what_was_asked_for() {
        assertThat(ada.get("/api/me;x=y").mustBe(400).json().path("instance").asString())
                .isEqualTo("/api/me;x=y");
    }

    /** As curl -d '' does. */
    @Test
    void of_a_body_without_a_byte_the_type_does_not_matter() throws IOException {
        for (var length : new String[] {"Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
            for (var type : new String[] {"application/x-www-form-urlencoded", "text/plain", "application/json"}) {
                assertThat(answerTo(post("/api/invites", type, length)))
                        .as(type)
                        .startsWith("HTTP/1.1 201");
                assertThat(answerTo(post("/api/channels", type, length)))
                        .as(type)
                        .startsWith("HTTP/1.1 400")
                        .contains("body");
            }
        }
        assertThat(answerTo(
                        post("/api/invites", "application/x-www-form-urlencoded", "Content-Length: 4\r\n") + "days"))
                .startsWith("HTTP/1.1 415")
                .contains("application/json");
    }

    private static String post(String path, String type, String length) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + type + "\r\n"
                + "Cookie: XSRF-TOKEN=t; HOLDFAST=" + ada.cookie("HOLDFAST").orElseThrow() + "\r\nX-XSRF-TOKEN: t\r\n"
                + length + "\r\n" + (length.startsWith("Transfer") ? "0\r\n\r\n" : "");
    }

    @Test
    void headers_that_are_too_long_are_refused_with_a_sentence() throws IOException {
        assertThat(answerTo("GET /api/me HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "x".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431")
                .containsIgnoringCase("application/problem+json");
    }

    @Test
    void a_call_that_does_something_answers_in_json_whatever_is_accepted() {
        for (var accepted : new String[] {"text/html", "garbage", "application/xml"}) {
            var request = ada.request("/api/invites")
                    .header("X-XSRF-TOKEN", ada.cookie("XSRF-TOKEN").orElseThrow())
                    .header("Content-Type", "application/json")
                    .header("Accept", accepted)
                    .POST(BodyPublishers.ofString("{}"))
                    .build();
            assertThat(ada.send(request).mustBe(201).json().path("code").stringValue())
                    .isNotBlank();
            var refused = ada.request("/api/nowhere").header("Accept", accepted).build();
            assertThat(ada.send(refused).mustBe(404).detail()).contains("/api/nowhere");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/search?q=%ff", "/api/accounts?prefix=%F0", "/api/accounts?limit=%c0%af"})
    void an_address_that_is_no_utf_8_is_refused_with_a_sentence(String address) {
        assertThat(ada.get(address).mustBe(400).detail()).endsWith(".");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1-1-1-1-1", "AAAAAAAAAAAAAAAAAAAAAA==", "0b2f4c1e8f1d4c559d1c2f4f0f6a9b10"})
    void what_only_resembles_a_uuid_is_none(String id) {
        var messages = "/api/channels/" + ada.channel("general") + "/messages";
        assertThat(ada.post(messages, "{\"id\": \"%s\", \"content\": \"hello\"}".formatted(id))
                        .mustBe(400)
                        .detail())
                .contains("UUID");
        assertThat(ada.get("/api/messages/" + id).mustBe(400).detail()).contains("UUID");
        ada.get("/api/messages/" + UUID.randomUUID()).mustBe(404);
    }

    @Test
    void numbers_and_lists_are_told_from_other_things() {
        var read = "/api/channels/" + ada.channel("general") + "/read";
        assertThat(ada.put(read, "{\"seq\": 9223372036854775808}").mustBe(400).detail())
                .contains("9223372036854775807");
        assertThat(ada.post("/api/channels", "{\"direct\": \"ada\"}")
                        .mustBe(400)
                        .detail())
                .contains("a list");
        assertThat(ada.get("/api/search?q=x&limit=99999999999").mustBe(400).detail())
                .contains("2147483647");
    }

    @Test
    void a_body_that_does_not_arrive_whole_is_to_be_sent_again() throws IOException {
        try (var socket = new Socket("127.0.0.1", app.port())) {
            socket.getOutputStream().write(signIn("", "{\"handle\": "));
            socket.shutdownOutput();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 408")
                    .contains("Send it again");
        }
    }

    /** More of them than there are threads; the server says of each when it waits for the body. */
    @Test
    void who_is_slow_to_send_a_body_holds_up_nobody() throws IOException {
        var slow = new ArrayList<Socket>();
        try {
            for (int n = 0; n < 300; n++) {
                var socket = new Socket("127.0.0.1", app.port());
                slow.add(socket);
                socket.getOutputStream().write(signIn("Expect: 100-continue\r\n", ""));
            }
            for (var socket : slow) {
                socket.setSoTimeout(60_000);
                var invited = "HTTP/1.1 100 Continue\r\n\r\n";
                assertThat(new String(socket.getInputStream().readNBytes(invited.length()), StandardCharsets.US_ASCII))
                        .isEqualTo(invited);
            }
            ada.get("/api/me").mustBe(200);
            for (var socket : slow) {
                assertThat(socket.getInputStream().available())
                        .as("nobody had to be given up for it")
                        .isZero();
            }
        } finally {
            for (var socket : slow) socket.close();
        }
    }

    /** Bodies of more than is kept: what is over the limit takes no thread either. */
    @Test
    void who_is_slow_to_send_too_much_holds_up_nobody() throws IOException {
        var begun = new byte[WholeBody.BYTES_OF_STRANGERS + 1];
        var slow = new ArrayList<Socket>();
        try {
            for (int n = 0; n < 220; n++) {
                var socket = new Socket("127.0.0.1", app.port());
                slow.add(socket);
                socket.getOutputStream().write(signIn(begun.length + 1, "", ""));
                socket.getOutputStream().write(begun);
                if (n % 20 == 0) ada.get("/api/me").mustBe(200); // so that those before have been read
            }
            ada.get("/api/me").mustBe(200);
            for (var socket : slow) {
                socket.getOutputStream().write(' ');
                socket.setSoTimeout(60_000);
                assertThat(line(socket)).startsWith("HTTP/1.1 413");
            }
        } finally {
            for (var socket : slow) socket.close();
        }
    }

    /** More of them than there are threads, each with more to read than lies in its connection. */
    @Test
    void who_does_not_read_an_answer_holds_up_nobody_and_finds_it_whole_later() throws IOException {
        var unread = new ArrayList<Socket>();
        try (var small = WebApp.start("server.jetty.threads.max=10")) {
            var release = small.browser().get("/release.json").mustBe(200).body();
            for (int n = 0; n < 16; n++) unread.add(asksForMuch(small));
            for (var socket : unread) assertThat(line(socket)).startsWith("HTTP/1.1 200");
            small.browser().get("/api/setup").mustBe(200);

            var patient = unread.getFirst();
            for (int n = 0; n < 8; n++) {
                if (n > 0) assertThat(line(patient)).startsWith("HTTP/1.1 200");
                var length = 0;
                for (var head = line(patient); !head.isBlank(); head = line(patient)) {
                    if (head.strip().startsWith("Content-Length: "))
                        length = Integer.parseInt(head.strip().substring(16));
                }
                patient.getInputStream().read(); // the head's last line feed
                assertThat(new String(patient.getInputStream().readNBytes(length), StandardCharsets.UTF_8))
                        .isEqualTo(release);
            }
            for (var socket : unread) socket.close();
            awaitNoRequests(small);
        } finally {
            for (var socket : unread) socket.close();
        }
    }

    @Test
    void who_stops_reading_is_let_go() throws IOException {
        try (var impatient = WebApp.start("server.jetty.connection-idle-timeout=500ms");
                var stopped = asksForMuch(impatient)) {
            assertThat(line(stopped)).startsWith("HTTP/1.1 200");
            awaitNoRequests(impatient);
        }
    }

    private static void awaitNoRequests(WebApp app) {
        var until = System.nanoTime() + 20_000_000_000L;
        while (app.activeRequests() > 0) assertThat(System.nanoTime()).isLessThan(until);
    }

    /** Several times as much as lies in its connection. */
    private static Socket asksForMuch(WebApp asked) throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(2048);
        socket.connect(new InetSocketAddress("127.0.0.1", asked.port()));
        socket.setSoTimeout(20_000);
        socket.getOutputStream()
                .write("GET /release.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        .repeat(8)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void who_stops_sending_is_let_go_and_holds_up_no_shutdown() throws IOException {
        try (var impatient = WebApp.start("server.jetty.connection-idle-timeout=500ms");
                var stopped = new Socket("127.0.0.1", impatient.port());
                var gone = new Socket("127.0.0.1", impatient.port())) {
            gone.getOutputStream().write(signIn("Expect: 100-continue\r\n", ""));
            assertThat(line(gone)).isEqualTo("HTTP/1.1 100 Continue");
            gone.setSoLinger(true, 0);
            gone.close();
            stopped.setSoTimeout(20_000);
            stopped.getOutputStream().write(signIn("", "{"));
            assertThat(new String(stopped.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 408")
                    .contains("Send it again");
            awaitNoRequests(impatient);
        }
    }

    @Test
    void who_sends_a_byte_now_and_then_is_let_go_too() throws Exception {
        try (var impatient = WebApp.start("server.jetty.connection-idle-timeout=1s");
                var dripping = new Socket("127.0.0.1", impatient.port())) {
            dripping.setSoTimeout(20_000);
            dripping.getOutputStream().write(signIn("", "{"));
            for (int sent = 0; dripping.getInputStream().available() == 0; sent++) {
                assertThat(sent).as("bytes that it waited for").isLessThan(95);
                Thread.sleep(100);
                dripping.getOutputStream().write(' ');
            }
            assertThat(line(dripping)).startsWith("HTTP/1.1 408");
        }
    }

    private static String line(Socket socket) throws IOException {
        var line = new StringBuilder();
        for (var c = socket.getInputStream().read();
                c != '\r' && c >= 0;
                c = socket.getInputStream().read()) line.append((char) c);
        return line.toString();
    }

    private static byte[] signIn(String header, String body) {
        return signIn(99, header, body);
    }

    private static byte[] signIn(int length, String header, String body) {
        return ("POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + header
                        + "Cookie: XSRF-TOKEN=t\r\nX-XSRF-TOKEN: t\r\nContent-Length: " + length + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String answerTo(String request) throws IOException {
        try (var socket = new Socket("127.0.0.1", app.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
