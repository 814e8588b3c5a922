package dev.holdfast.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A browser without a page: signs in, keeps its session cookie, sends the XSRF token, holds a {@link FeedStore} that
 * it fills from the feed and from changes, reconnects by itself as the server asks. Thread-safe.
 */
public final class SimulatedBrowser implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private volatile URI server;
    private final Map<String, String> cookies = new ConcurrentHashMap<>();
    private final FeedStore store = new FeedStore();
    private final AtomicInteger hellos = new AtomicInteger();
    private final AtomicInteger resyncs = new AtomicInteger();
    private final AtomicInteger accounts = new AtomicInteger();
    private volatile boolean online;
    private volatile int lastStatus;
    private volatile long retryMillis = 500;
    private volatile InputStream stream;
    private volatile Thread follower;
    private volatile long heardAt = System.nanoTime();
    private volatile Duration timeout = Duration.ofSeconds(30);

    public SimulatedBrowser(URI server) {
        this.server = server;
    }

    /** A browser whose cookies somebody else has made. */
    public SimulatedBrowser(URI server, Map<String, String> cookies) {
        this(server);
        this.cookies.putAll(cookies);
    }

    public SimulatedBrowser signIn(String handle, String password) {
        send("GET", "/api/me", null);
        expect(send("POST", "/api/session", Map.of("handle", handle, "password", password)), 200, 201, 204);
        send("GET", "/api/me", null);
        return this;
    }

    public void signOut() {
        expect(send("DELETE", "/api/session", null), 200, 204);
    }

    /** A person's message, sent once under a new id. */
    public UUID post(UUID channel, String content) {
        var id = UUID.randomUUID();
        expect(post(channel, id, content), 200, 201);
        return id;
    }

    public HttpResponse<String> post(UUID channel, UUID id, String content) {
        return send("POST", "/api/channels/" + channel + "/messages", Map.of("id", id, "content", content));
    }

    public HttpResponse<String> get(String path) {
        return send("GET", path, null);
    }

    public HttpResponse<String> send(String method, String path, Object body) {
        var request = HttpRequest.newBuilder(server.resolve(path)).timeout(timeout);
        headers(request);
        if (body != null) request.header("Content-Type", "application/json");
        request.method(
                method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body)));
        try {
            var response = HTTP.send(request.build(), BodyHandlers.ofString());
            keepCookies(response);
            return response;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Follows the feed from now on, through every disconnection, until {@link #close} or a 401. */
    public SimulatedBrowser goOnline() {
        online = true;
        follower = Thread.ofVirtual().name("browser").unstarted(this::follow);
        follower.start();
        return this;
    }

    /** Leaves the feed; what is held is kept. */
    public void goOffline() {
        online = false;
        hangUp();
    }

    /** Talks to this server from the next request on, as behind a load balancer. */
    public void moveTo(URI other) {
        server = other;
    }

    /** How long a request may take; 30 s unless set. */
    public SimulatedBrowser patience(Duration longest) {
        timeout = longest;
        return this;
    }

    /** How long the feed has said nothing: heads come every 15 s. */
    public Duration silence() {
        return Duration.ofNanos(System.nanoTime() - heardAt);
    }

    /** Cuts the connection; the browser comes back by itself. */
    public void hangUp() {
        var open = stream;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // that was the point
            }
        }
    }

    @Override
    public void close() {
        goOffline();
    }

    public int hellos() {
        return hellos.get();
    }

    public int resyncs() {
        return resyncs.get();
    }

    public int accountEvents() {
        return accounts.get();
    }

    /** Of the last attempt to open the feed. */
    public int lastStatus() {
        return lastStatus;
    }

    public boolean connected() {
        return stream != null;
    }

    public synchronized Map<UUID, FeedStore.Stored> messages(UUID channel) {
        return store.messages(channel);
    }

    public synchronized long seq(UUID channel) {
        return store.seq(channel);
    }

    /** Everything held, as text to compare with what the database has: message -> status and text. */
    public synchronized Map<UUID, String> shown(UUID channel) {
        var shown = new TreeMap<UUID, String>();
        store.messages(channel).forEach((id, message) -> shown.put(id, message.status() + "|" + message.text()));
        return shown;
    }

    /** Waits until the store is so. */
    public void await(Duration longest, Predicate<FeedStore> condition) throws TimeoutException {
        var until = System.nanoTime() + longest.toNanos();
        synchronized (this) {
            while (!condition.test(store)) {
                var left = Duration.ofNanos(until - System.nanoTime()).toMillis();
                if (left <= 0) throw new TimeoutException("not so after " + longest);
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private void follow() {
        while (online && follower == Thread.currentThread()) {
            try {
                read();
            } catch (IOException | UncheckedIOException e) {
                // cut: come back
            }
            stream = null;
            if (lastStatus == 401) return;
            pause();
        }
    }

    private void read() throws IOException {
        var request = HttpRequest.newBuilder(server.resolve("/api/feed"))
                .header("Accept", "text/event-stream")
                .timeout(timeout);
        headers(request);
        HttpResponse<InputStream> response;
        try {
            response = HTTP.send(request.build(), BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        lastStatus = response.statusCode();
        keepCookies(response);
        stream = response.body();
        heardAt = System.nanoTime();
        if (!online || lastStatus != 200) {
            hangUp();
            return;
        }
        events(new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8)));
    }

    private void events(BufferedReader lines) throws IOException {
        String name = null;
        String data = null;
        for (var line = lines.readLine(); line != null && online; line = lines.readLine()) {
            heardAt = System.nanoTime();
            if (line.startsWith("retry: ")) retryMillis = Long.parseLong(line.substring(7));
            else if (line.startsWith("event: ")) name = line.substring(7);
            else if (line.startsWith("data: ")) data = line.substring(6);
            else if (line.isEmpty() && data != null) {
                // only here is the event whole: a cut may leave half of its line
                event(name, JSON.readTree(data));
                data = null;
            }
        }
    }

    private void event(String name, JsonNode data) {
        List<UUID> behind;
        synchronized (this) {
            behind = switch (name) {
                case "hello" -> {
                    hellos.incrementAndGet();
                    store.lineage(data.path("lineage").asString());
                    yield store.list(data);
                }
                case "account" -> {
                    accounts.incrementAndGet();
                    yield store.list(data);
                }
                case "heads" -> store.heads(data);
                case "channel" ->
                    store.channel(data)
                            ? List.of()
                            : List.of(UUID.fromString(data.get("channel").asString()));
                default -> List.of();
            };
            notifyAll();
        }
        behind.forEach(this::resync);
    }

    private void resync(UUID channel) {
        resyncs.incrementAndGet();
        while (catchUp(channel)) {}
    }

    /** @return whether something came, so that there may be more: a long absence is answered in parts */
    private boolean catchUp(UUID channel) {
        var answer = get("/api/channels/" + channel + "/changes?after=" + Math.max(0, seq(channel)));
        if (answer.statusCode() != 200) return false;
        var changes = JSON.readTree(answer.body());
        synchronized (this) {
            store.changes(channel, changes);
            notifyAll();
        }
        return changes.get("messages").size() >= 100;
    }

    private void headers(HttpRequest.Builder request) {
        var cookie = new StringBuilder();
        cookies.forEach((name, value) -> cookie.append(cookie.isEmpty() ? "" : "; ")
                .append(name)
                .append('=')
                .append(value));
        if (!cookie.isEmpty()) request.header("Cookie", cookie.toString());
        if (cookies.containsKey("XSRF-TOKEN")) request.header("X-XSRF-TOKEN", cookies.get("XSRF-TOKEN"));
    }

    private void keepCookies(HttpResponse<?> response) {
        for (var header : response.headers().allValues("Set-Cookie")) {
            var pair = header.split(";", 2)[0].split("=", 2);
            if (pair[1].isEmpty() || header.contains("Max-Age=0")) cookies.remove(pair[0]);
            else cookies.put(pair[0], pair[1]);
        }
    }

    private static void expect(HttpResponse<String> response, Integer... wanted) {
        if (!List.of(wanted).contains(response.statusCode())) {
            throw new IllegalStateException(response.request().method() + " " + response.uri() + " answered "
                    + response.statusCode() + ": " + response.body());
        }
    }

    private void pause() {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(retryMillis / 2, retryMillis + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
