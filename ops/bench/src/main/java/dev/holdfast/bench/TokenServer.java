package dev.holdfast.bench;

import dev.holdfast.testing.IdleFeeds;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * A model in a process of its own that speaks OpenAI's streaming protocol at a steady pace and as cheaply as can be, a
 * write for each token and one thread for all replies: on a small machine its work is part of what is measured.
 *
 * <p>Arguments: tokens a second (0: as fast as they are taken), tokens in all, port.
 */
final class TokenServer {

    /** The words of eight tokens and a mark with its space, in bytes. */
    static final int BYTES_OF_EIGHT =
            TokenStream.WORDS_LENGTH + IdleFeeds.mark().length() + 1;

    private final Selector selector = Selector.open();
    private final PriorityQueue<TokenStream> due = new PriorityQueue<>(Comparator.comparingLong(TokenStream::next));
    private final ByteBuffer out = ByteBuffer.allocateDirect(4096);
    private final ByteBuffer in = ByteBuffer.allocate(256 * 1024);
    private final long interval;
    private final int tokens;

    private TokenServer(int pace, int tokens) throws IOException {
        this.interval = pace == 0 ? 0 : 1_000_000_000L / pace;
        this.tokens = tokens;
    }

    public static void main(String[] arguments) throws IOException {
        var server = new TokenServer(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
        var listening = ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[2])), 4096);
        listening.configureBlocking(false).register(server.selector, SelectionKey.OP_ACCEPT);
        System.out.println("ready");
        while (true) {
            server.turn(listening);
        }
    }

    private void turn(ServerSocketChannel listening) throws IOException {
        // a millisecond's accuracy: not at the cost of a processor that others need
        long wait = due.isEmpty() ? 1000 : (due.peek().next() - System.nanoTime()) / 1_000_000 + 1;
        selector.select(key -> ready(key, listening), Math.max(1, wait));
        long now = System.nanoTime();
        while (!due.isEmpty() && due.peek().next() <= now) {
            var stream = due.poll();
            attempt(stream, () -> {
                if (stream.say(out)) due.add(stream);
            });
        }
    }

    private void ready(SelectionKey key, ServerSocketChannel listening) {
        if (!(key.attachment() instanceof TokenStream stream)) {
            accept(listening);
            return;
        }
        attempt(stream, () -> {
            if (key.isWritable() && stream.sayOn()) due.add(stream);
            if (key.isReadable()) read(stream);
        });
    }

    private void accept(ServerSocketChannel listening) {
        try {
            for (var socket = listening.accept(); socket != null; socket = listening.accept()) {
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                socket.configureBlocking(false);
                var key = socket.register(selector, SelectionKey.OP_READ);
                key.attach(new TokenStream(socket, key, interval));
            }
        } catch (IOException e) {
            System.err.println("token server: " + e);
        }
    }

    private void read(TokenStream stream) throws IOException {
        in.clear();
        if (stream.socket().read(in) < 0) throw new IOException("closed");
        var request = stream.received(new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1));
        if (request == null) return;
        if (request.startsWith("GET ")) {
            stream.listModels(out);
        } else if (stream.begin(request.contains("\"brief\"") ? 2 : tokens, out)) {
            due.add(stream);
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private void attempt(TokenStream stream, Step step) {
        try {
            step.run();
        } catch (IOException e) { // it hung up
            due.remove(stream);
            stream.close();
        }
    }
}
