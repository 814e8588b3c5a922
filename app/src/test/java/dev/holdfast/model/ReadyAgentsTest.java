package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.WebApp;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

class ReadyAgentsTest {

    @Test
    @Timeout(60)
    void a_list_of_models_that_never_ends_does_not_hold_up_the_start() throws IOException {
        var jdbc = TestPostgres.create().jdbc();
        try (var listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerForEver(listening));
            var began = System.nanoTime();
            make(jdbc, address(listening));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
        }
        assertThat(agents(jdbc)).containsExactly("guide guide");
    }

    @ParameterizedTest
    @CsvSource({
        "text-embedding-nomic-embed-text-v1.5, qwen3-8b",
        "BAAI/bge-m3, mistral-small",
        "all-minilm:latest, llama3.2:latest",
        "whisper-1, gpt-oss-20b",
        "kokoro-tts, stts-chat"
    })
    void the_agent_of_a_server_of_ones_own_has_the_first_model_that_chats(String other, String chats)
            throws IOException {
        var jdbc = TestPostgres.create().jdbc();
        try (var listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            var body =
                    "{\"data\":[{\"id\":\"%1$s\"},{\"id\":\"%2$s\"}],\"models\":[{\"name\":\"%1$s\"},{\"name\":\"%2$s\"}]}"
                            .formatted(other, chats);
            Thread.ofVirtual().start(() -> answer(listening, body));
            make(jdbc, address(listening));
        }
        assertThat(agents(jdbc)).containsExactlyInAnyOrder("guide guide", "openai " + chats, "ollama " + chats);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"error\":\"no key\"}", "<html>", "{\"data\":[{\"id\":\"nomic-embed-text\"}]}"})
    void where_no_model_chats_yet_the_agent_is_made_by_a_later_start(String early) throws IOException {
        var jdbc = TestPostgres.create().jdbc();
        try (var listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answer(listening, early));
            make(jdbc, address(listening));
        }
        assertThat(agents(jdbc)).containsExactly("guide guide");
        try (var listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answer(listening, "{\"data\":[{\"id\":\"qwen3-8b\"}]}"));
            make(jdbc, address(listening));
        }
        assertThat(agents(jdbc)).containsExactlyInAnyOrder("guide guide", "openai qwen3-8b");
    }

    /** As Ollama: the others wait in it, and hear nothing. */
    @Test
    void whoever_waits_for_an_ollama_that_answers_one_at_a_time_waits_in_the_queue() {
        try (var models = ModelServer.start().oneAtATime();
                var app = WebApp.startAs("all", TestPostgres.create(), "OLLAMA_BASE_URL=" + models.baseUrl())) {
            app.administrator();
            app.jdbc()
                    .sql("update chat.agent set first_token_limit = '4 seconds'")
                    .update();
            models.on("llama3.2:latest", Script.says("word ".repeat(25)).pace(10));
            app.jdbc()
                    .sql("select chat.post('general', 'ada', '@llama ' || n) from generate_series(1, 4) n")
                    .query(UUID.class)
                    .list();
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(ends(app.jdbc())).hasSize(4).doesNotContain("running", "queued"));
            assertThat(ends(app.jdbc())).containsOnly("completed at attempt 1");
        }
    }

    private static List<String> ends(JdbcClient jdbc) {
        return jdbc.sql(
                        "select state || case when state not in ('queued', 'running') then ' at attempt ' || attempt else '' end from chat.generation")
                .query(String.class)
                .list();
    }

    private static String address(ServerSocket listening) {
        return "http://127.0.0.1:" + listening.getLocalPort();
    }

    private static void make(JdbcClient jdbc, String address) {
        new ReadyAgents(jdbc, new ModelEnvironment(address, "sk-test", null, null, address)).make();
    }

    private static Set<String> agents(JdbcClient jdbc) {
        return jdbc.sql("select provider || ' ' || model from chat.agent")
                .query(String.class)
                .set();
    }

    /** As LM Studio: what offers another protocol gets no answer. */
    private static void answer(ServerSocket listening, String body) {
        while (!listening.isClosed()) {
            try {
                var socket = listening.accept();
                var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                boolean offers = false;
                for (var line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                    offers |= line.toLowerCase(Locale.ROOT).startsWith("upgrade:");
                }
                if (offers) continue;
                var head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n";
                socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
                socket.close();
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void answerForEver(ServerSocket listening) {
        while (!listening.isClosed()) {
            try {
                var socket = listening.accept();
                Thread.ofVirtual().start(() -> trickle(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void trickle(Socket socket) {
        try (socket) {
            var out = socket.getOutputStream();
            out.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            while (true) {
                out.write("1\r\n \r\n".getBytes(StandardCharsets.US_ASCII));
                Thread.sleep(100);
            }
        } catch (IOException | InterruptedException e) {
            // given up, as it should be
        }
    }
}
