package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.HoldfastProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Strangers who ask for more memory than there is, in a process that ends when it has none. */
class SlowClientsTest {

    private static final int HEAP_MB = 160;
    private static final int BODY = 500_000;

    /** Twice what such a heap has room for. */
    private static final int STRANGERS = HEAP_MB * 1_000_000 / 8 / BODY * 2;

    private final List<Socket> slow = new ArrayList<>();
    private HoldfastProcess process;

    @BeforeEach
    void start() {
        process = new HoldfastProcess(
                        "slow-clients", "web", TestPostgres.create().url())
                .java(
                        "-Xmx" + HEAP_MB + "m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+ExitOnOutOfMemoryError")
                .with("SERVER_JETTY_THREADS_MAX", "12")
                .with("HOLDFAST_ADMIN_HANDLE", "mira")
                .with("HOLDFAST_ADMIN_PASSWORD", Running.PASSWORD)
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        for (var socket : slow) socket.close();
        process.close();
    }

    @Test
    void bodies_that_do_not_end_make_way_for_those_that_do() throws IOException {
        for (int n = 0; n < STRANGERS; n++) {
            send(connect(), head("POST /api/channels", "Cookie: HOLDFAST=x\r\nContent-Length: " + (BODY + 1)));
            slow.getLast().getOutputStream().write(new byte[BODY]);
            if (n % 5 == 0) mustServe(); // so that those before have been read
        }
        mustServe();

        send(slow.getFirst(), " ");
        assertThat(answer(slow.getFirst()))
                .startsWith("HTTP/1.1 503")
                .containsIgnoringCase("Retry-After: 1")
                .contains("Send it again");
        send(slow.getLast(), " ");
        assertThat(answer(slow.getLast())).startsWith("HTTP/1.1 403");
    }

    @Test
    void who_says_nothing_of_a_session_may_send_no_more_than_a_sign_in_needs() throws IOException {
        for (var call : List.of("/api/session", "/api/session/reset", "/api/setup", "/api/accounts", "/api/channels")) {
            send(connect(), head("POST " + call, "Content-Length: 16385"));
            slow.getLast().getOutputStream().write(new byte[16_385]);
            assertThat(answer(slow.getLast()))
                    .as(call)
                    .startsWith("HTTP/1.1 413")
                    .contains("16384 bytes", "sign in");
        }
    }

    @Test
    void answers_that_nobody_reads_make_way_for_those_that_are_read() throws IOException {
        for (int n = 0; n < STRANGERS; n++) {
            send(connect(), head("GET /release.json", "X: y").repeat(8));
            assertThat(slow.getLast().getInputStream().read()).isEqualTo('H');
        }
        mustServe();
        assertThat(new Browser(process.port()).get("/release.json").mustBe(200).body())
                .hasSizeGreaterThan(BODY);
        assertThat(Files.readString(process.log()))
                .as("that somebody does not read is no error")
                .doesNotContain("ERROR");
    }

    private void mustServe() {
        var browser = new Browser(process.port());
        browser.get("/api/setup").mustBe(200);
        browser.signIn("mira", Running.PASSWORD).mustBe(200);
    }

    private Socket connect() throws IOException {
        var socket = new Socket();
        slow.add(socket);
        socket.setReceiveBufferSize(2048);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress("127.0.0.1", process.port()));
        return socket;
    }

    private static String head(String call, String header) {
        return call + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + header + "\r\n\r\n";
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Of an answer with a body of one line. */
    private static String answer(Socket socket) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        var answer = new StringBuilder();
        for (var line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
            answer.append(line).append('\n');
        }
        for (var c = lines.read(); c >= 0 && c != '}'; c = lines.read()) answer.append((char) c);
        return answer.toString();
    }
}
