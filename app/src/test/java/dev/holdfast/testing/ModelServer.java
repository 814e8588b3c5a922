package dev.holdfast.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * The models of tests and benchmarks: speaks the streaming protocols of OpenAI ({@code /v1/chat/completions}), Anthropic
 * ({@code /v1/messages}) and Ollama ({@code /api/chat}) on loopback, at the pace and with the faults that a {@link Script} asks for.
 *
 * <p>What it says: the script in the last user message, else the script set for the request's model by {@link #on}, else the
 * message echoed. What it said is kept and can be read with {@link #served()} or {@code GET /log} (also {@code /log?after=N}).
 * A virtual thread serves each connection. Thread-safe.
 *
 * <p>Out of process: {@code java -cp holdfast-app-tests.jar:... dev.holdfast.testing.ModelServer [port]}.
 */
public final class ModelServer implements AutoCloseable {
    private final ServerSocket listening;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final Map<String, Deque<Script>> scripts = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> strikes = new ConcurrentHashMap<>();
    private final List<Served> log = new ArrayList<>();
    private final AtomicLong requests = new AtomicLong();
    private volatile Semaphore turns = new Semaphore(Integer.MAX_VALUE, true);

    private ModelServer(int port) throws IOException {
        listening = new ServerSocket(port, 4096, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("model-server").start(this::accept);
    }

    public static ModelServer start() {
        return start(0);
    }

    public static ModelServer start(int port) {
        try {
            return new ModelServer(port);
        } catch (IOException e) {
            throw new UncheckedIOException("the model server cannot listen on port " + port, e);
        }
    }

    public static void main(String[] args) throws InterruptedException {
        var server = start(args.length > 0 ? Integer.parseInt(args[0]) : 0);
        System.out.println("model server on " + server.baseUrl());
        Thread.currentThread().join();
    }

    public int port() {
        return listening.getLocalPort();
    }

    /** The base URL of Anthropic's and Ollama's clients. */
    public String baseUrl() {
        return "http://127.0.0.1:" + port();
    }

    /** The base URL of OpenAI's clients. */
    public String openAiBaseUrl() {
        return baseUrl() + "/v1";
    }

    /** Requests for this model follow these scripts in order; the last one is repeated. */
    public ModelServer on(String model, Script... inOrder) {
        scripts.put(model, new ArrayDeque<>(List.of(inOrder)));
        return this;
    }

    /** Later requests wait, without an answer, until the earlier ones are done. */
    public ModelServer oneAtATime() {
        turns = new Semaphore(1, true);
        return this;
    }

    Semaphore turns() {
        return turns;
    }

    /** All requests so far, oldest first. */
    public List<Served> served() {
        synchronized (log) {
            return List.copyOf(log);
        }
    }

    public List<Served> served(String model) {
        return served().stream().filter(one -> one.model.equals(model)).toList();
    }

    /** Waits for a request that is as described; fails after half a minute. */
    public Served await(String what, Predicate<Served> wanted) {
        var deadline = Instant.now().plus(Duration.ofSeconds(30));
        while (Instant.now().isBefore(deadline)) {
            var found = served().stream().filter(wanted).findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            sleep(5);
        }
        throw new AssertionError("no request " + what + " within 30 s; the last of " + served().size() + ": "
                + served().reversed().stream().limit(5).toList());
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                socket.setTcpNoDelay(true);
                connections.add(socket);
                Thread.ofVirtual().name("model-connection").start(() -> serve(socket));
            } catch (IOException e) {
                if (!listening.isClosed()) {
                    throw new UncheckedIOException("the model server stopped accepting", e);
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            new ModelConnection(this, socket).serve();
        } catch (IOException | RuntimeException e) {
            if (!(e instanceof IOException)) {
                e.printStackTrace();
            }
        } finally {
            connections.remove(socket);
        }
    }

    Served log(String requestId, WireFormat format, String model, String asked, String body, String key) {
        var served =
                new Served(requests.incrementAndGet(), requestId, format.name().toLowerCase(), model, asked, body, key);
        synchronized (log) {
            log.add(served);
        }
        return served;
    }

    /** The script for a request, its fault taken out when it has struck often enough. */
    Script scriptFor(String model, String asked) {
        Script script = Script.in(asked).orElseGet(() -> next(model, asked));
        if (script.fault() == Fault.NONE) {
            return script;
        }
        int strike = strikes.computeIfAbsent(script.key(), key -> new AtomicInteger())
                .incrementAndGet();
        return strike <= script.times() ? script : script.fault(Fault.NONE);
    }

    private Script next(String model, String asked) {
        var queue = scripts.get(model);
        if (queue == null) {
            return Script.says("You said: " + asked);
        }
        synchronized (queue) {
            return queue.size() > 1 ? queue.poll() : queue.peek();
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
            for (Socket socket : connections) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the model server on port " + port() + " did not close", e);
        }
    }
}
