package dev.holdfast.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The floor of goal 8: the same LISTEN and the same select, then one write to each browser's socket and nothing else,
 * no web server, no session, nobody that lags. Arguments as {@link SseEmitterPeer}'s.
 */
final class BareSocketPeer {

    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: hello\ndata: {}\n\n";

    private static final List<SocketChannel> sockets = new CopyOnWriteArrayList<>();

    private BareSocketPeer() {}

    public static void main(String[] arguments) throws IOException {
        var server = ServerSocketChannel.open()
                .bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[3])), 1_000);
        Thread.ofPlatform().start(() -> accept(server));
        new ChannelRelay(arguments, BareSocketPeer::send).start();
        System.out.println("ready");
    }

    // the request is never read: whoever connects here is one of ours
    private static void accept(ServerSocketChannel server) {
        try {
            while (true) {
                var socket = server.accept();
                // as web servers do: else an event waits for the acknowledgement of the one before it, up to 40 ms
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                socket.configureBlocking(false);
                socket.write(ByteBuffer.wrap(HEAD.getBytes(UTF_8)));
                sockets.add(socket);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void send(String data) {
        var bytes = ("event: channel\ndata: " + data + "\n\n").getBytes(UTF_8);
        var event = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        for (var socket : sockets) {
            try {
                socket.write(event.duplicate());
            } catch (IOException e) {
                sockets.remove(socket);
            }
        }
    }
}
