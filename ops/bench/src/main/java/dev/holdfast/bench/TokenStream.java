package dev.holdfast.bench;

import dev.holdfast.testing.IdleFeeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the token server: its request, then its tokens. Every eighth is a mark with the time of its sending. The
 * model named brief says two tokens.
 */
final class TokenStream {

    private static final String[] WORDS = {"rows ", "hold ", "every ", "reply ", "while ", "it ", "grows, "};
    static final int WORDS_LENGTH = String.join("", WORDS).length();

    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
    private static final byte[] HEAD =
            bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    private static final byte[] END = bytes(chunk(delta("{}", "\"stop\"") + "data: [DONE]\n\n") + "0\r\n\r\n");
    private static final byte[][] SAID =
            java.util.Arrays.stream(WORDS).map(word -> bytes(said(word))).toArray(byte[][]::new);

    private final SocketChannel socket;
    private final SelectionKey key;
    private final long interval;
    private String received = "";
    private ByteBuffer unsent = ByteBuffer.allocate(0);
    private int said;
    private int count;
    private boolean ended = true;
    private long next;

    TokenStream(SocketChannel socket, SelectionKey key, long interval) {
        this.socket = socket;
        this.key = key;
        this.interval = interval;
    }

    SocketChannel socket() {
        return socket;
    }

    /** When the next token is due, by System.nanoTime(). */
    long next() {
        return next;
    }

    /** @return a request, once it is whole: its head and body */
    @Nullable
    String received(String more) {
        received += more;
        int end = received.indexOf("\r\n\r\n");
        if (end < 0) return null;
        var length = LENGTH.matcher(received.substring(0, end));
        if (received.length() < end + 4 + (length.find() ? Integer.parseInt(length.group(1)) : 0)) return null;
        var request = received;
        received = "";
        return request;
    }

    void listModels(ByteBuffer out) throws IOException {
        var models =
                "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\",\"created\":1,\"owned_by\":\"bench\"}]}";
        send(
                bytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + models.length()
                        + "\r\n\r\n" + models),
                out);
    }

    /** @return whether tokens are due by time; else when there is room again */
    boolean begin(int tokens, ByteBuffer out) throws IOException {
        count = tokens;
        ended = false;
        said = 0;
        next = System.nanoTime()
                + (interval == 0 ? 0 : ThreadLocalRandom.current().nextLong(interval));
        return send(HEAD, out);
    }

    /** Says the token that is due. @return whether another will be due by time */
    boolean say(ByteBuffer out) throws IOException {
        if (said == count) {
            ended = true;
            send(END, out);
            return false;
        }
        next += interval;
        int n = said++;
        return send(n % 8 == 7 ? bytes(said(IdleFeeds.mark() + " ")) : SAID[n % WORDS.length], out);
    }

    /** There is room again. @return whether tokens are due by time */
    boolean sayOn() throws IOException {
        socket.write(unsent);
        if (unsent.hasRemaining()) return false;
        key.interestOps(SelectionKey.OP_READ);
        return !ended;
    }

    void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }

    private boolean send(byte[] bytes, ByteBuffer out) throws IOException {
        socket.write(out.clear().put(bytes).flip());
        if (!out.hasRemaining()) return true;
        unsent = ByteBuffer.allocate(out.remaining()).put(out).flip();
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        return false;
    }

    private static String said(String word) {
        return chunk(delta("{\"content\":\"" + word + "\"}", "null"));
    }

    private static String delta(String delta, String finish) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":"
                + delta + ",\"finish_reason\":" + finish + "}]}\n\n";
    }

    private static String chunk(String event) {
        return Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
