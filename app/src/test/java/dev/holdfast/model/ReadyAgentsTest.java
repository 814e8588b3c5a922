package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ReadyAgentsTest {

    @Test
    @Timeout(60)
    void a_list_of_models_that_never_ends_does_not_hold_up_the_start() throws IOException {
        var jdbc = TestPostgres.create().jdbc();
        try (var listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerForEver(listening));
            var endless = "http://127.0.0.1:" + listening.getLocalPort();
            var began = System.nanoTime();
            new ReadyAgents(jdbc, new ModelEnvironment(endless, "sk-test", null, null, endless)).make();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
        }
        assertThat(jdbc.sql("select provider || ' ' || model from chat.agent")
                        .query(String.class)
                        .set())
                .containsExactlyInAnyOrder("guide guide", "openai gpt-5-mini");
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
