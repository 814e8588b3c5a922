package dev.holdfast.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** The usual way to stream a model to a browser: each event of the model's stream handed on as it comes, nothing kept. Arguments: the model's address, port. */
@EnableAutoConfiguration(exclude = DataSourceAutoConfiguration.class)
@Import(ProxyPeer.Proxy.class)
class ProxyPeer {

    private static String model = "";

    public static void main(String[] arguments) {
        model = arguments[0];
        new SpringApplicationBuilder(ProxyPeer.class)
                .web(WebApplicationType.SERVLET)
                .properties(Map.of(
                        "server.port",
                        arguments[1],
                        "spring.threads.virtual.enabled",
                        "true",
                        "spring.main.banner-mode",
                        "off",
                        "server.jetty.max-connections",
                        "20000"))
                .run();
        System.out.println("ready");
    }

    @RestController
    static class Proxy {

        private final HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();

        @GetMapping("/proxy")
        SseEmitter proxy() throws IOException {
            var emitter = new SseEmitter(0L);
            emitter.send("open");
            Thread.ofVirtual().start(() -> hand(emitter));
            return emitter;
        }

        private void hand(SseEmitter emitter) {
            var request = HttpRequest.newBuilder(URI.create(model + "/v1/chat/completions"))
                    .POST(BodyPublishers.ofString("{}"))
                    .build();
            try (var lines = new BufferedReader(new InputStreamReader(
                    http.send(request, BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8))) {
                for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("data: ")) {
                        emitter.send(line.substring(6));
                    }
                }
                emitter.complete();
            } catch (IOException | InterruptedException | IllegalStateException e) {
                emitter.completeWithError(e);
            }
        }
    }
}
