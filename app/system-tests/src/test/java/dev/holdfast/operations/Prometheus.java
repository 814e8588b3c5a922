package dev.holdfast.operations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Prometheus of its own over the product's rules. Debian's package serves; where there is none, there is no test. */
final class Prometheus implements AutoCloseable {

    static final Path OPS = Path.of("..", "..", "ops").toAbsolutePath().normalize();
    private static final JsonMapper JSON = new JsonMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final int port;
    private final Process process;

    private Prometheus(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /** The program on the PATH, else from Debian's package (as root); empty where neither is to be had. */
    static synchronized Optional<Path> program(String name) {
        var found = onPath(name);
        if (found.isPresent()
                || !Files.exists(Path.of("/etc/debian_version"))
                || !"root".equals(System.getProperty("user.name"))) return found;
        try {
            run(300, "apt-get", "install", "-y", "--no-install-recommends", "prometheus");
        } catch (AssertionError e) {
            System.out.println("Debian's package prometheus is not to be had: " + e.getMessage());
        }
        return onPath(name);
    }

    private static Optional<Path> onPath(String name) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "/usr/bin").split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @return what it printed; it has to end with 0 */
    static String run(int seconds, String... command) {
        try {
            var output = Files.createTempFile("output", ".txt");
            var process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) process.destroyForcibly();
            var text = Files.readString(output);
            if (process.waitFor() != 0) throw new AssertionError(String.join(" ", command) + " failed:\n" + text);
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * With the product's own configuration, only faster and with these targets: it scrapes every two seconds, and an alert waits a
     * second before it fires.
     */
    static Prometheus start(Path program, List<Integer> managementPorts) throws IOException {
        var folder = Files.createTempDirectory("prometheus");
        for (var rules : List.of("holdfast.rules.yml", "holdfast.alerts.yml")) {
            Files.writeString(
                    folder.resolve(rules),
                    Files.readString(OPS.resolve("prometheus").resolve(rules)).replaceAll("for: [1-9]\\w+", "for: 1s"));
        }
        // or what the tests before did well would count
        var recorded = folder.resolve("holdfast.rules.yml");
        Files.writeString(recorded, Files.readString(recorded).replace("[15m]", "[2m]"));
        var targets = managementPorts.stream()
                .map(each -> "\"127.0.0.1:" + each + "\"")
                .collect(Collectors.joining(", "));
        var config = Files.readString(OPS.resolve("prometheus/prometheus.yml"))
                .replace("scrape_interval: 5s", "scrape_interval: 2s")
                .replace("evaluation_interval: 5s", "evaluation_interval: 1s")
                .replace("\"localhost:8081\"", targets);
        Files.writeString(folder.resolve("prometheus.yml"), config);
        int port;
        try (var socket = new java.net.ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var process = new ProcessBuilder(
                        program.toString(),
                        "--config.file=" + folder.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new Prometheus(port, process);
    }

    /** @return the series that the expression has now, with values that are numbers */
    List<JsonNode> query(String expression) {
        var address = "http://127.0.0.1:" + port + "/api/v1/query?query="
                + URLEncoder.encode(expression, StandardCharsets.UTF_8);
        try {
            var answer = http.send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.ofString());
            if (answer.statusCode() == 503) return List.of(); // not ready yet
            var json = JSON.readTree(answer.body());
            if (!json.path("status").asString().equals("success"))
                throw new AssertionError(expression + ": " + answer.body());
            return json.path("data")
                    .path("result")
                    .valueStream()
                    .filter(series -> !series.path("value").path(1).asString().equals("NaN"))
                    .toList();
        } catch (IOException e) {
            return List.of(); // not up yet
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
