package dev.holdfast.feed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** A feed read byte by byte, to see what is on the wire and when it ends, or not read at all. */
final class RawFeed implements AutoCloseable {

    private final Socket socket;
    private final BufferedReader lines;
    private final String head;

    private RawFeed(FeedServer server, Map<String, String> cookies, String header, int receiveBuffer)
            throws IOException {
        socket = new Socket();
        if (receiveBuffer > 0) socket.setReceiveBufferSize(receiveBuffer);
        socket.connect(new java.net.InetSocketAddress(
                server.uri().getHost(), server.uri().getPort()));
        var cookie = cookies.entrySet().stream()
                .map(one -> one.getKey() + "=" + one.getValue())
                .collect(Collectors.joining("; "));
        var request = "GET /api/feed HTTP/1.1\r\nHost: test\r\nCookie: " + cookie + "\r\n"
                + (header.isEmpty() ? "" : header + "\r\n") + "\r\n";
        socket.getOutputStream().write(request.getBytes(UTF_8));
        lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8), 256);
        head = readHead();
    }

    static RawFeed open(FeedServer server, Map<String, String> cookies, String header) throws IOException {
        return new RawFeed(server, cookies, header, 0);
    }

    static RawFeed open(FeedServer server, UUID account, String header) throws IOException {
        return open(server, server.cookies(account), header);
    }

    /** One that will take little of what it is sent. */
    static RawFeed stalled(FeedServer server, UUID account) throws IOException {
        return new RawFeed(server, server.cookies(account), "", 4096);
    }

    String head() {
        return head;
    }

    String line() throws IOException {
        return lines.readLine();
    }

    /** All lines that come, up to the first that has this in it, which must come within a minute: the heads are lines, too. */
    List<String> upTo(String part) throws IOException {
        var until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        var heard = new ArrayList<String>();
        do {
            heard.add(requireNonNull(lines.readLine(), "the feed ended before " + part));
            if (System.nanoTime() > until) throw new AssertionError("no " + part + " within a minute: " + heard);
        } while (!heard.getLast().contains(part));
        return heard;
    }

    /** Reads on until the server closes; throws when it doesn't. */
    void endsWithin(Duration longest) throws IOException {
        var until = System.nanoTime() + longest.toNanos();
        try {
            while (System.nanoTime() < until) {
                socket.setSoTimeout((int) Math.max(1, (until - System.nanoTime()) / 1_000_000));
                if (lines.readLine() == null) return;
            }
        } catch (SocketTimeoutException e) {
            // said below
        } catch (SocketException e) {
            return;
        }
        throw new AssertionError("the feed had not ended after " + longest);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private String readHead() throws IOException {
        var text = new StringBuilder();
        for (var line = lines.readLine(); line != null && !line.isEmpty(); line = lines.readLine())
            text.append(line).append('\n');
        return text.toString();
    }
}
