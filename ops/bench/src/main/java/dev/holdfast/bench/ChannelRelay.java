package dev.holdfast.bench;

import com.impossibl.postgres.api.jdbc.PGConnection;
import com.impossibl.postgres.api.jdbc.PGNotificationListener;
import com.impossibl.postgres.jdbc.PGDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** The database's side of goal 8's peers: LISTEN, and Holdfast's own select for each wake-up, for one channel. */
final class ChannelRelay {

    private final PGDataSource source = new PGDataSource();
    private final String name;
    private final Consumer<String> event;
    private final Semaphore woken = new Semaphore(0);

    /**
     * @param arguments the database's port, its name, the channel's name
     * @param event takes each event's data, on the relay's thread
     */
    ChannelRelay(String[] arguments, Consumer<String> event) {
        source.setServerName("127.0.0.1");
        source.setPortNumber(Integer.parseInt(arguments[0]));
        source.setDatabaseName(arguments[1]);
        source.setUser("postgres");
        source.setPassword("postgres");
        this.name = arguments[2];
        this.event = event;
    }

    void start() {
        Thread.ofPlatform().start(this::run);
    }

    private void run() {
        try (var connection = source.getConnection()) {
            var channel = channel(connection);
            connection.unwrap(PGConnection.class).addNotificationListener(new PGNotificationListener() {
                @Override
                public void notification(int process, String notified, String payload) {
                    if (payload.equals(channel.toString())) woken.release();
                }
            });
            connection.createStatement().execute("listen channel_changed");
            var seq = 0L;
            while (true) {
                woken.acquire();
                woken.drainPermits();
                seq = send(connection, channel, seq);
            }
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private UUID channel(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement("select id from chat.channel where name = ?")) {
            statement.setString(1, name);
            try (var rows = statement.executeQuery()) {
                rows.next();
                return rows.getObject(1, UUID.class);
            }
        }
    }

    private long send(Connection connection, UUID channel, long seq) throws SQLException {
        try (var statement = connection.prepareStatement(
                "select seq, messages_json from chat.channel_changes(array[?::uuid], array[?::bigint], '{}', '{}', '{}')")) {
            statement.setObject(1, channel);
            statement.setLong(2, seq);
            try (var rows = statement.executeQuery()) {
                rows.next();
                event.accept("{\"channel\":\"" + channel + "\",\"after\":" + seq + ",\"seq\":" + rows.getLong(1)
                        + ",\"messages\":" + rows.getString(2) + ",\"text\":[]}");
                return rows.getLong(1);
            }
        }
    }
}
