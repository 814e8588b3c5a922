package dev.holdfast.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.HttpCookie;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Real HTTP with a browser's cookies and the page's X-XSRF-TOKEN header. Thread-safe as far as its cookies are. */
public final class Browser {

    private static final JsonMapper JSON = new JsonMapper();

    /** An answer whose body is text. */
    public record Answer(HttpResponse<String> response) {

        public int status() {
            return response.statusCode();
        }

        public String body() {
            return response.body();
        }

        public JsonNode json() {
            return JSON.readTree(response.body());
        }

        public Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }

        /** The sentence of problem details. */
        public String detail() {
            if (!header("Content-Type").orElse("").startsWith("application/problem+json")) {
                throw new AssertionError(
                        "Not problem details: %d %s %s".formatted(status(), header("Content-Type"), body()));
            }
            return json().path("detail").stringValue();
        }

        public Answer mustBe(int status) {
            if (status() != status) {
                throw new AssertionError(
                        "%s answered %d, not %d: %s".formatted(response.uri(), status(), status, body()));
            }
            return this;
        }
    }

    private final CookieManager cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .cookieHandler(cookies)
            .build();
    private final String origin;

    public Browser(int port) {
        origin = "http://127.0.0.1:" + port;
    }

    public Answer get(String path) {
        return send(request(path).GET().build());
    }

    public Answer post(String path, String json) {
        return send("POST", path, json);
    }

    public Answer put(String path, String json) {
        return send("PUT", path, json);
    }

    public Answer patch(String path, String json) {
        return send("PATCH", path, json);
    }

    public Answer delete(String path) {
        return send(unsafe(path).DELETE().build());
    }

    public Answer send(String method, String path, String json) {
        return send(unsafe(path)
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(json))
                .build());
    }

    public Answer signIn(String handle) {
        return signIn(handle, WebApp.PASSWORD);
    }

    public Answer signIn(String handle, String password) {
        return post("/api/session", "{\"handle\": \"%s\", \"password\": \"%s\"}".formatted(handle, password));
    }

    /** As a client whose call is answered by 503: once more when the time is over that Retry-After names. */
    public static Answer untilTaken(Supplier<Answer> call) {
        var answer = call.get();
        for (var more = 10; answer.status() == 503 && more > 0; more--) {
            LockSupport.parkNanos(Duration.ofSeconds(
                            Long.parseLong(answer.header("Retry-After").orElseThrow()))
                    .toNanos());
            answer = call.get();
        }
        return answer;
    }

    /** The id of the channel of this name that I am in. */
    public String channel(String name) {
        for (var channel : get("/api/channels").mustBe(200).json()) {
            if (channel.path("name").stringValue().equals(name)) {
                return channel.path("id").stringValue();
            }
        }
        throw new AssertionError("Not in a channel called " + name);
    }

    /** Makes a channel; its id. */
    public String makeChannel(String name, boolean isPrivate) {
        return post("/api/channels", "{\"name\": \"%s\", \"private\": %s}".formatted(name, isPrivate))
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
    }

    /** Writes a message under a new id. */
    public Answer write(String channel, String content) {
        return post("/api/channels/" + channel + "/messages", message(UUID.randomUUID(), content));
    }

    public static String message(UUID id, String content) {
        return JSON.createObjectNode()
                .put("id", id.toString())
                .put("content", content)
                .toString();
    }

    private HttpRequest.Builder unsafe(String path) {
        if (cookie("XSRF-TOKEN").isEmpty()) {
            get("/api/me");
        }
        return request(path).header("X-XSRF-TOKEN", cookie("XSRF-TOKEN").orElseThrow());
    }

    /** For what a browser would not do: the caller sets everything but the cookies. */
    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(origin + path));
    }

    public Answer send(HttpRequest request) {
        try {
            return new Answer(http.send(request, BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    public Optional<String> cookie(String name) {
        return cookies.getCookieStore().getCookies().stream()
                .filter(cookie -> cookie.getName().equals(name))
                .map(HttpCookie::getValue)
                .findFirst();
    }

    public void forgetCookies() {
        cookies.getCookieStore().removeAll();
    }
}
