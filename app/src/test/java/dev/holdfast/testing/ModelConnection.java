package dev.holdfast.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** One HTTP/1.1 connection to the model server: requests one after the other, kept alive. */
final class ModelConnection {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String JSON_TYPE = "application/json";

    private final ModelServer server;
    private final Socket socket;
    private final BufferedInputStream in;
    private final OutputStream out;

    ModelConnection(ModelServer server, Socket socket) throws IOException {
        this.server = server;
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    void serve() throws IOException {
        for (String request = line(); request != null && !request.isEmpty(); request = line()) {
            String[] parts = request.split(" ");
            Map<String, String> headers = headers();
            byte[] body = body(headers);
            if (!answer(parts[0], parts[1], headers, new String(body, UTF_8))) {
                return;
            }
        }
    }

    /** @return whether the connection may be used again */
    private boolean answer(String verb, String path, Map<String, String> headers, String body) throws IOException {
        WireFormat format = WireFormat.at(path);
        if (format == null || !verb.equals("POST")) {
            return respond(200, JSON_TYPE, JSON.writeValueAsString(page(path)), null);
        }
        var request = JSON.readTree(body);
        String model = request.path("model").asString("");
        String asked = WireFormat.asked(request);
        String key = headers.getOrDefault("authorization", headers.get("x-api-key"));
        Served served = server.log(headers.getOrDefault("x-client-request-id", ""), format, model, asked, body, key);
        Script script = server.scriptFor(model, asked).numbered(served.number);
        var turns = server.turns();
        turns.acquireUninterruptibly();
        try {
            return new Answer(served, format, script, body.length() / 4 + 1).give();
        } finally {
            turns.release();
        }
    }

    private Object page(String path) {
        if (path.startsWith("/log")) {
            long after = path.contains("after=") ? Long.parseLong(path.substring(path.indexOf("after=") + 6)) : 0;
            return server.served().stream()
                    .filter(one -> one.number > after)
                    .map(Served::toMap)
                    .toList();
        }
        return switch (path) {
            case "/api/tags" ->
                Map.of("models", List.of(Map.of("name", "llama3.2:latest", "model", "llama3.2:latest")));
            case "/v1/models" ->
                Map.of("object", "list", "data", List.of(Map.of("id", "test-model", "object", "model")));
            default -> Map.of("version", "0.0.0-test");
        };
    }

    private boolean respond(int status, String type, String body, String retryAfter) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        String head = "HTTP/1.1 " + status + " Status\r\nContent-Type: " + type + "\r\nContent-Length: " + bytes.length
                + (retryAfter == null ? "" : "\r\nRetry-After: " + retryAfter) + "\r\n\r\n";
        out.write(head.getBytes(ISO_8859_1));
        out.write(bytes);
        return true;
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return null;
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    private Map<String, String> headers() throws IOException {
        var headers = new HashMap<String, String>();
        for (String line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(),
                    line.substring(colon + 1).trim());
        }
        return headers;
    }

    private byte[] body(Map<String, String> headers) throws IOException {
        if (!"chunked".equals(headers.get("transfer-encoding"))) {
            return in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        }
        var body = new java.io.ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
            body.write(in.readNBytes(size));
            line();
        }
        line();
        return body.toByteArray();
    }

    /** The streamed answer to one request. */
    private final class Answer {
        private final Served served;
        private final WireFormat format;
        private final Script script;
        private final int inputTokens;
        private volatile boolean clientGone;
        private volatile Thread writer;

        Answer(Served served, WireFormat format, Script script, int inputTokens) {
            this.served = served;
            this.format = format;
            this.script = script;
            this.inputTokens = inputTokens;
        }

        boolean give() throws IOException {
            writer = Thread.currentThread();
            Thread watch = Thread.ofVirtual().name("model-client-watch").start(this::watchClient);
            try {
                boolean reusable = stream();
                if (reusable) {
                    watch.join();
                }
                return reusable && !clientGone;
            } catch (IOException e) {
                served.ended(Served.End.CLOSED_BY_CLIENT);
                return false;
            } catch (InterruptedException e) {
                served.ended(Served.End.CLOSED_BY_CLIENT);
                return false;
            }
        }

        /** Sees the client close at once, also while there is nothing to write. */
        private void watchClient() {
            try {
                in.mark(1);
                if (in.read() >= 0) {
                    in.reset();
                    return;
                }
            } catch (IOException e) {
                // reset by the client: the same as closed
            }
            clientGone = true;
            served.ended(Served.End.CLOSED_BY_CLIENT);
            writer.interrupt();
        }

        private boolean stream() throws IOException, InterruptedException {
            if (script.raw() != null) {
                int status = script.raw().status();
                served.ended(status == 200 ? Served.End.COMPLETED : Served.End.FAULT);
                return respond(
                        status,
                        status == 200 ? format.contentType : JSON_TYPE,
                        script.raw().body(),
                        script.retryAfter());
            }
            switch (script.fault()) {
                case RATE_LIMITED,
                        QUOTA,
                        SERVER_ERROR,
                        OVERLOADED,
                        BAD_KEY,
                        UNKNOWN_MODEL,
                        CONTEXT_TOO_LONG,
                        REFUSED -> {
                    served.ended(Served.End.FAULT);
                    var refusal = format.refusal(script.fault(), served.model);
                    return respond((int) refusal.get(0), JSON_TYPE, (String) refusal.get(1), script.retryAfter());
                }
                case DROP -> {
                    return faulty();
                }
                case SILENCE -> stall();
                default -> {}
            }
            write(("HTTP/1.1 200 OK\r\nContent-Type: " + format.contentType + "\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .getBytes(ISO_8859_1));
            if (script.fault() == Fault.STALL_FIRST) {
                stall();
            }
            return say(script.tokens());
        }

        private boolean say(List<String> tokens) throws IOException, InterruptedException {
            frame(format.start(served.model, inputTokens));
            long began = System.nanoTime();
            for (int said = 0; said < tokens.size(); said++) {
                if (script.fault().midStream() && said >= script.after()) {
                    return strike(said);
                }
                pace(began, said + 1);
                served.sent(tokens.get(said));
                frame(format.token(served.model, tokens.get(said)));
            }
            if (script.fault().midStream()) {
                return strike(tokens.size());
            }
            return end(tokens.size());
        }

        private boolean end(int said) throws IOException, InterruptedException {
            served.ended(Served.End.COMPLETED);
            frame(format.end(served.model, inputTokens, said, format.reason(script.fault())));
            if (script.fault() == Fault.LINGER) stall();
            write("0\r\n\r\n".getBytes(ISO_8859_1));
            return true;
        }

        private void pace(long began, int tokens) throws InterruptedException {
            if (script.pace() > 0) {
                long wait = began + (long) (tokens * 1e9 / script.pace()) - System.nanoTime();
                if (wait > 0) {
                    Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
                }
            }
        }

        private boolean strike(int said) throws IOException, InterruptedException {
            switch (script.fault()) {
                case LENGTH, FILTERED -> {
                    return end(said);
                }
                case STALL -> stall();
                case CUT -> socket.setSoLinger(true, 0);
                case CUT_CLEAN -> {
                    served.ended(Served.End.FAULT);
                    write("0\r\n\r\n".getBytes(ISO_8859_1));
                    return true;
                }
                case RUBBISH -> frame("data: {\"choices\":[{\"del\u0001\ufffd <html>502 Bad Gateway</html>\n\n");
                case ERROR_EVENT -> {
                    frame(format.errorEvent());
                    served.ended(Served.End.FAULT);
                    write("0\r\n\r\n".getBytes(ISO_8859_1));
                    return true;
                }
                default -> throw new IllegalStateException(script.fault() + " does not strike mid-stream");
            }
            return faulty();
        }

        private boolean faulty() {
            served.ended(Served.End.FAULT);
            return false;
        }

        /** Nothing more is said until the client has had enough. */
        private void stall() throws InterruptedException {
            Thread.sleep(Long.MAX_VALUE);
        }

        /** One chunk of the HTTP body; with {@link Script.Split#BYTES} in two writes that part inside a character. */
        private void frame(String event) throws IOException {
            if (event.isEmpty()) {
                return;
            }
            byte[] bytes = event.getBytes(UTF_8);
            int cut = script.split() == Script.Split.BYTES ? insideCharacter(bytes) : 0;
            if (cut > 0) {
                chunk(bytes, 0, cut);
                chunk(bytes, cut, bytes.length);
            } else {
                chunk(bytes, 0, bytes.length);
            }
        }

        private void chunk(byte[] bytes, int from, int to) throws IOException {
            byte[] head = (Integer.toHexString(to - from) + "\r\n").getBytes(ISO_8859_1);
            byte[] chunk = new byte[head.length + to - from + 2];
            System.arraycopy(head, 0, chunk, 0, head.length);
            System.arraycopy(bytes, from, chunk, head.length, to - from);
            chunk[chunk.length - 2] = '\r';
            chunk[chunk.length - 1] = '\n';
            write(chunk);
        }

        private int insideCharacter(byte[] bytes) {
            for (int i = 1; i < bytes.length; i++) {
                if ((bytes[i] & 0xC0) == 0x80) {
                    return i;
                }
            }
            return 0;
        }

        private void write(byte[] bytes) throws IOException {
            if (clientGone) {
                throw new EOFException("the client closed the connection");
            }
            out.write(bytes);
        }
    }
}
