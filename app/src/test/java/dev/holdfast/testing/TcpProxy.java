package dev.holdfast.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A TCP proxy on loopback that can be cut, black-holed and closed to newcomers, to break a connection for real. Thread-safe. */
public final class TcpProxy implements AutoCloseable {
    private final ServerSocket listening;
    private volatile InetSocketAddress target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition restored = lock.newCondition();
    private final AtomicInteger generation = new AtomicInteger();
    private boolean blackHole;
    private volatile boolean refusing;
    private final AtomicInteger welcome = new AtomicInteger(Integer.MAX_VALUE);

    private TcpProxy(String host, int port) throws IOException {
        target = new InetSocketAddress(host, port);
        listening = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("proxy-accept").start(this::accept);
    }

    public static TcpProxy to(String host, int port) {
        try {
            return new TcpProxy(host, port);
        } catch (IOException e) {
            throw new UncheckedIOException("no proxy to " + host + ":" + port, e);
        }
    }

    public int port() {
        return listening.getLocalPort();
    }

    /** New connections go to another port on loopback, as behind a load balancer. */
    public void moveTo(int port) {
        target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Closes every connection there is, on both sides. New ones are accepted. */
    public void cut() {
        sockets.forEach(TcpProxy::close);
    }

    /** Keeps the connections open but passes nothing on, in either direction, until {@link #restore()}. */
    public void blackHole() {
        set(true);
    }

    /** Passes on again, first what was held back. */
    public void restore() {
        refusing = false;
        welcome.set(Integer.MAX_VALUE);
        set(false);
    }

    /** New connections pass; those that were black-holed stay so for ever, as after a firewall forgot them. */
    public void forget() {
        generation.incrementAndGet();
        set(false);
    }

    /** Closes what there is and every new connection at once, until {@link #restore()}. */
    public void refuse() {
        refusing = true;
        cut();
    }

    /** Lets so many more connections in and refuses, as above, when the next one comes. */
    public TcpProxy refuseAfter(int connections) {
        welcome.set(connections);
        return this;
    }

    private void set(boolean hold) {
        lock.lock();
        try {
            blackHole = hold;
            restored.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                if (welcome.getAndDecrement() <= 0) {
                    refuse();
                }
                if (refusing) {
                    close(client);
                } else {
                    Thread.ofVirtual().name("proxy-connect").start(() -> connect(client));
                }
            } catch (IOException e) {
                // closed, or one connection that did not come about: the next may
            }
        }
    }

    private void connect(Socket client) {
        int born = generation.get();
        try {
            InetSocketAddress now = target;
            Socket server = new Socket(now.getAddress(), now.getPort());
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            sockets.add(client);
            sockets.add(server);
            if (refusing) cut(); // it was accepted just before
            Thread.ofVirtual().name("proxy-up").start(() -> pump(client, server, born));
            Thread.ofVirtual().name("proxy-down").start(() -> pump(server, client, born));
        } catch (IOException e) {
            close(client);
        }
    }

    private void pump(Socket from, Socket to, int born) {
        try {
            byte[] buffer = new byte[16 * 1024];
            for (int read = from.getInputStream().read(buffer);
                    read >= 0;
                    read = from.getInputStream().read(buffer)) {
                waitWhileBlackHoled(born);
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException | InterruptedException e) {
            // cut: both sides are closed below
        } finally {
            close(from);
            close(to);
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private void waitWhileBlackHoled(int born) throws InterruptedException {
        lock.lock();
        try {
            while (blackHole || born != generation.get() && !listening.isClosed()) {
                restored.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException("a proxied socket did not close", e);
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the proxy's port " + port() + " did not close", e);
        }
        restore();
        cut();
    }
}
