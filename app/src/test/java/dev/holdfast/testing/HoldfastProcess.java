package dev.holdfast.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The packaged program as a process of its own that can be killed, frozen and started again, on the same ports each
 * time. Its log is kept in {@code target/processes}. It ends with the JVM at the latest. Thread-safe.
 */
public final class HoldfastProcess implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(120);
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    private final String name;
    private final int port = freePort();
    private final int managementPort = freePort();
    private final Map<String, String> environment = new TreeMap<>();
    private final Path log;
    private List<String> java = List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:ReservedCodeCacheSize=128m",
            "-XX:InitialCodeCacheSize=32m");
    private List<String> before = List.of();
    private Path jar;
    private Path starter;
    private Process process;
    private CompletableFuture<String> ready = new CompletableFuture<>();

    /** @param role all, web or worker */
    public HoldfastProcess(String name, String role, String databaseUrl) {
        this.name = name;
        log = Path.of("target", "processes", name + "-" + port + ".log").toAbsolutePath();
        with("HOLDFAST_ROLE", role);
        with("SERVER_PORT", Integer.toString(port));
        with("MANAGEMENT_SERVER_PORT", Integer.toString(managementPort));
        with("SERVER_ADDRESS", "127.0.0.1");
        with("MANAGEMENT_SERVER_ADDRESS", "127.0.0.1");
        with("OLLAMA_BASE_URL", "http://127.0.0.1:1"); // none, unless a test names one
        if (databaseUrl != null) with("HOLDFAST_DATABASE_URL", databaseUrl);
    }

    public HoldfastProcess with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Java's own options, instead of those that make many short-lived processes cheap. */
    public HoldfastProcess java(String... options) {
        java = List.of(options);
        return this;
    }

    /** Runs a later release, whose page differs: these texts stand at the end of these of its files. */
    public HoldfastProcess release(Map<String, String> additions) {
        jar = Packaged.release(log.resolveSibling(name + ".jar"), additions);
        return this;
    }

    /** Runs what ops/install put into a folder. */
    public HoldfastProcess installed(Path folder) {
        starter = folder.resolve("holdfast");
        return with("JAVA_OPTIONS", String.join(" ", java));
    }

    /** Runs as a container's first process does, the parent of whoever has lost his, where this user may arrange that. */
    public HoldfastProcess firstOfItsOwn() {
        var asFirst = List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child");
        try {
            var tried = new ArrayList<>(asFirst);
            tried.add("true");
            if (new ProcessBuilder(tried).start().waitFor() == 0) before = asFirst;
        } catch (IOException e) {
            // there is no such program
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return this;
    }

    /** The three providers' agents talk to this server. */
    public HoldfastProcess with(ModelServer models) {
        return with("OPENAI_BASE_URL", models.openAiBaseUrl())
                .with("OPENAI_API_KEY", "sk-test-openai")
                .with("HOLDFAST_ANTHROPIC_BASE_URL", models.baseUrl())
                .with("ANTHROPIC_API_KEY", "sk-ant-test")
                .with("OLLAMA_BASE_URL", models.baseUrl());
    }

    /**
     * Makes every later start three times cheaper, once for each build of the jar: unpacks it as container images do and
     * records what a start loads. Whoever calls it meanwhile waits, also in another JVM.
     *
     * @param databaseUrl of an empty database
     */
    public static void warmUp(String databaseUrl) {
        Packaged.warmUp(cache -> {
            var trained = new HoldfastProcess("warm-up", "all", databaseUrl)
                    .with("JDK_JAVA_OPTIONS", "-XX:AOTCacheOutput=" + cache);
            trained.jar = cache.resolveSibling("holdfast.jar");
            trained.start().terminate().awaitExit(START);
        });
    }

    /** Starts without waiting. */
    public synchronized HoldfastProcess launch() {
        if (alive()) throw new IllegalStateException(name + " is running already");
        var builder = new ProcessBuilder(command());
        builder.environment().keySet().removeIf(key -> key.startsWith("HOLDFAST_") || key.endsWith("_API_KEY"));
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true)
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()));
        try {
            Files.createDirectories(log.getParent());
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " did not start", e);
        }
        var ended = process;
        Runtime.getRuntime().addShutdownHook(new Thread(ended::destroyForcibly));
        var line = new CompletableFuture<String>();
        ready = line;
        Thread.ofPlatform().daemon().name(name + "-log").start(() -> follow(ended, line));
        return this;
    }

    private List<String> command() {
        return Stream.concat(before.stream(), program().stream()).toList();
    }

    private List<String> program() {
        if (starter != null) return List.of(starter.toString());
        return jar == null ? Packaged.command(java) : Packaged.command(jar, java);
    }

    /** Starts and waits until it says that it is ready. */
    public HoldfastProcess start() {
        return launch().awaitReady();
    }

    public HoldfastProcess awaitReady() {
        CompletableFuture<String> line;
        synchronized (this) {
            line = ready;
        }
        try {
            line.get(START.toSeconds(), TimeUnit.SECONDS);
            return this;
        } catch (TimeoutException | ExecutionException e) {
            throw new IllegalStateException(
                    name + " did not become ready: " + e.getMessage() + "; see " + log + "\n" + lastLines(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGKILL; returns once the process is gone. */
    public HoldfastProcess kill() {
        running().destroyForcibly();
        awaitExit(Duration.ofSeconds(20));
        return this;
    }

    /** SIGSTOP: it holds its connections and does nothing. */
    public HoldfastProcess freeze() {
        signal("STOP");
        return this;
    }

    /** SIGCONT */
    public HoldfastProcess thaw() {
        signal("CONT");
        return this;
    }

    /** SIGQUIT: what every thread is doing, into the log. */
    public HoldfastProcess printThreads() {
        signal("QUIT");
        return this;
    }

    /** SIGTERM, without waiting. */
    public HoldfastProcess terminate() {
        signal("TERM");
        return this;
    }

    /** @return the exit code */
    public int awaitExit(Duration longest) {
        try {
            if (!running().waitFor(longest.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(
                        name + " still runs after " + longest + "; see " + log + "\n" + lastLines(20));
            }
            return running().exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public synchronized boolean alive() {
        return process != null && process.isAlive();
    }

    public String name() {
        return name;
    }

    /** Names the worker in chat.worker, if the product names it so; else only this process. */
    public long pid() {
        var pid = running().pid();
        return before.isEmpty()
                ? pid
                : running().children().findFirst().map(ProcessHandle::pid).orElse(pid);
    }

    public int port() {
        return port;
    }

    public int managementPort() {
        return managementPort;
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    public Path log() {
        return log;
    }

    /** Whether the management port says UP within two seconds. */
    public boolean healthy() {
        return management("/actuator/health", Duration.ofSeconds(2)).contains("\"UP\"");
    }

    /** Of all series of the metric the sum, 0 when there is none; NaN, which equals nothing, without an answer. */
    public double metric(String name) {
        var all = management("/actuator/prometheus", Duration.ofSeconds(10));
        if (all.isEmpty()) return Double.NaN;
        return all.lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    public String lastLines(int count) {
        try {
            var lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }

    @Override
    public void close() {
        if (alive()) {
            process.destroyForcibly();
            awaitExit(Duration.ofSeconds(20));
        }
    }

    private String management(String path, Duration longest) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + path))
                .timeout(longest)
                .build();
        try {
            return HTTP.send(request, BodyHandlers.ofString()).body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private synchronized Process running() {
        if (process == null) throw new IllegalStateException(name + " was not started");
        return process;
    }

    private void signal(String signal) {
        try {
            var kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) throw new IllegalStateException(name + " took no SIG" + signal + ": it is gone");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void follow(Process followed, CompletableFuture<String> line) {
        try (var lines = new BufferedReader(new InputStreamReader(followed.getInputStream(), StandardCharsets.UTF_8));
                var kept = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            kept.write("==== process " + followed.pid() + "\n");
            for (var text = lines.readLine(); text != null; text = lines.readLine()) {
                kept.write(text + "\n");
                kept.flush();
                if (text.startsWith("Holdfast is ready")) line.complete(text);
            }
        } catch (IOException e) {
            // its pipe breaks when it is killed
        }
        line.completeExceptionally(
                new IOException("it ended with " + followed.onExit().join().exitValue()));
    }

    // still free when the process is started again: outgoing connections get higher ones, and the module that is tested
    // meanwhile chooses from others
    private static int freePort() {
        var first = Integer.getInteger("test.first-port", 12_000);
        for (var tries = 0; tries < 1000; tries++) {
            var port = ThreadLocalRandom.current().nextInt(first, first + 10_000);
            if (!GIVEN.add(port)) continue; // to a process that may not listen yet
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // taken
            }
        }
        throw new IllegalStateException("none of the 10000 ports from " + first + " is free");
    }
}
