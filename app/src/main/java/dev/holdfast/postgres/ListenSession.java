package dev.holdfast.postgres;

import com.impossibl.postgres.api.jdbc.PGConnection;
import com.impossibl.postgres.api.jdbc.PGNotificationListener;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * One life of the LISTEN connection. The driver reports a cut connection, but on a half-open socket it waits for
 * ever: so this notifies itself and calls itself dead when the echo stays out.
 */
final class ListenSession implements PGNotificationListener, AutoCloseable {

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(11);
    private static final Duration CONNECT = Duration.ofSeconds(8);

    private final Connection connection;
    private final BiConsumer<String, String> heardOf;
    private final Runnable ending;
    private final String echo = "holdfast_echo_" + UUID.randomUUID().toString().replace("-", "");
    private final Set<Object> heard = new HashSet<>();
    private final Set<String> listening = new HashSet<>();
    private final Thread heart;
    private volatile long lastEcho = System.nanoTime();
    private volatile @Nullable String ended;

    /**
     * @param heardOf called on the driver's thread with channel and payload of each notification
     * @param ending called when the connection has come to its end
     */
    static ListenSession open(DataSource unpooled, BiConsumer<String, String> heardOf, Runnable ending)
            throws SQLException {
        return new ListenSession(connect(unpooled), heardOf, ending);
    }

    private ListenSession(Connection connection, BiConsumer<String, String> heardOf, Runnable ending)
            throws SQLException {
        this.connection = connection;
        this.heardOf = heardOf;
        this.ending = ending;
        try {
            connection.setNetworkTimeout(Runnable::run, (int) HEARTBEAT.toMillis());
            connection.unwrap(PGConnection.class).addNotificationListener(this);
            execute("set application_name = 'holdfast listener'"); // how the runbook finds it
            execute("listen " + echo);
            heart = Thread.ofPlatform().daemon().name("holdfast-listener-heart").start(this::beat);
        } catch (SQLException | RuntimeException | Error e) {
            close(connection);
            throw e;
        }
    }

    /** True when this subscriber's channels are listened to since this very call. */
    boolean listen(Set<String> channels, Object subscriber) throws SQLException {
        for (var channel : channels) {
            if (listening.add(channel)) execute("listen \"" + channel + "\"");
        }
        return heard.add(subscriber);
    }

    Duration untilCheck() {
        return ended == null ? HEARTBEAT.dividedBy(5) : Duration.ZERO;
    }

    /** Throws when the connection is cut or silent. */
    void check() throws SQLException {
        if (ended != null) throw new SQLException(ended);
        var silent = Duration.ofNanos(System.nanoTime() - lastEcho);
        if (silent.compareTo(SILENCE) > 0) {
            throw new SQLException("no echo of our own notification for " + silent.toSeconds() + " s");
        }
    }

    @Override
    public void notification(int processId, String channel, String payload) {
        if (channel.equals(echo)) lastEcho = System.nanoTime();
        else heardOf.accept(channel, payload);
    }

    @Override
    public void closed() {
        end("the server or the network closed it");
    }

    @Override
    public void close() {
        end("closed by us");
        heart.interrupt();
        close(connection);
    }

    private void beat() {
        try {
            while (ended == null) {
                Thread.sleep(HEARTBEAT);
                execute("notify " + echo);
            }
        } catch (SQLException e) {
            end(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            // closed
        }
    }

    private void end(String reason) {
        if (ended == null) ended = reason;
        ending.run();
    }

    private synchronized void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    // on a half-open network the handshake never ends by itself
    private static Connection connect(DataSource unpooled) throws SQLException {
        var connecting = new CompletableFuture<Connection>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                connecting.complete(unpooled.getConnection());
            } catch (SQLException | RuntimeException | Error e) {
                connecting.completeExceptionally(e);
            }
        });
        try {
            return connecting.get(CONNECT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new SQLException(e.getMessage(), e.getCause());
        } catch (TimeoutException e) {
            var _ = connecting.thenAccept(ListenSession::close);
            throw new SQLException("no connection within " + CONNECT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while connecting", e);
        }
    }

    // closing a half-open connection blocks until the network timeout, so
    // nobody waits for it who can have a thread do it
    private static void close(Connection connection) {
        Runnable closing = () -> {
            try {
                connection.close();
            } catch (SQLException e) {
                // it is gone either way
            }
        };
        try {
            Thread.ofPlatform().daemon().start(closing);
        } catch (OutOfMemoryError e) {
            closing.run();
        }
    }
}
