package dev.holdfast.bench;

import dev.holdfast.testing.IdleFeeds;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A model in a process of its own that speaks OpenAI's streaming protocol at a steady pace and as cheaply as can be: on a
 * small machine its work is part of what is measured. Every eighth token is a mark with the time of its sending. The model named
 * brief says two tokens.
 *
 * <p>Arguments: tokens a second (0: as fast as they are taken), tokens in all, port.
 */
final class TokenServer {

    private static final String[] WORDS = {"rows ", "hold ", "every ", "reply ", "while ", "it ", "grows, "};

    /** The words and a mark with its space. */
    static final int BYTES_OF_EIGHT = String.join("", WORDS).length() + 24;

    private final long interval;
    private final int tokens;

    private TokenServer(int pace, int tokens) {
        this.interval = pace == 0 ? 0 : 1_000_000_000L / pace;
        this.tokens = tokens;
    }

    public static void main(String[] arguments) throws IOException {
        var server = new TokenServer(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
        try (var listening = new ServerSocket(Integer.parseInt(arguments[2]), 4096, InetAddress.getLoopbackAddress())) {
            System.out.println("ready");
            while (true) {
                var socket = listening.accept();
                socket.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> server.serve(socket));
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                var request = readRequest(in);
                if (request.startsWith("GET ")) {
                    listModels(socket.getOutputStream());
                } else {
                    answer(socket.getOutputStream(), request.contains("\"brief\"") ? 2 : tokens);
                }
            }
        } catch (IOException e) {
            // it hung up
        }
    }

    /** The request's first line and its body, which names the model. */
    private static String readRequest(BufferedInputStream in) throws IOException {
        int length = 0;
        String first = line(in);
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        return first + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private static String line(BufferedInputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("closed");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static void listModels(OutputStream out) throws IOException {
        var models =
                "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\",\"created\":1,\"owned_by\":\"bench\"}]}";
        out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + models.length()
                        + "\r\n\r\n" + models)
                .getBytes(StandardCharsets.US_ASCII));
    }

    private void answer(OutputStream out, int count) throws IOException {
        out.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        long next = System.nanoTime()
                + (interval == 0 ? 0 : ThreadLocalRandom.current().nextLong(interval));
        for (int n = 0; n < count; n++) {
            while (System.nanoTime() < next) {
                LockSupport.parkNanos(next - System.nanoTime());
            }
            next += interval;
            write(
                    out,
                    delta(
                            "{\"content\":\"" + (n % 8 == 7 ? IdleFeeds.mark() + " " : WORDS[n % WORDS.length]) + "\"}",
                            "null"));
        }
        write(out, delta("{}", "\"stop\"") + "data: [DONE]\n\n");
        out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static String delta(String delta, String finish) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":"
                + delta + ",\"finish_reason\":" + finish + "}]}\n\n";
    }

    private static void write(OutputStream out, String event) throws IOException {
        out.write((Integer.toHexString(event.length()) + "\r\n" + event + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }
}
