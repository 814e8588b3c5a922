package dev.holdfast.bench;

import com.impossibl.postgres.api.jdbc.PGConnection;
import com.impossibl.postgres.api.jdbc.PGNotificationListener;
import com.impossibl.postgres.jdbc.PGDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * The feed as one would write it with Spring's own SseEmitter: the same LISTEN, the same select, then send() to each
 * browser. A process of its own, on the same Jetty with virtual threads; nobody has to sign in. Arguments: the
 * database's port, its name, the HTTP port.
 */
@EnableAutoConfiguration(exclude = DataSourceAutoConfiguration.class)
@Import(SseEmitterPeer.Feed.class)
class SseEmitterPeer {

    public static void main(String[] arguments) throws Exception {
        var source = new PGDataSource();
        source.setServerName("127.0.0.1");
        source.setPortNumber(Integer.parseInt(arguments[0]));
        source.setDatabaseName(arguments[1]);
        source.setUser("postgres");
        source.setPassword("postgres");
        var application = new SpringApplication(SseEmitterPeer.class);
        var context = application.run(
                "--server.port=" + arguments[2],
                "--server.address=127.0.0.1",
                "--spring.threads.virtual.enabled=true",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn");
        Thread.ofPlatform().start(() -> context.getBean(Feed.class).relay(source));
        System.out.println("ready");
    }

    @RestController
    static class Feed {

        private final List<SseEmitter> emitters = new CopyOnWriteArrayList<>();

        @GetMapping("/feed")
        SseEmitter feed() throws IOException {
            var emitter = new SseEmitter(0L);
            emitters.add(emitter);
            emitter.onError(failure -> emitters.remove(emitter));
            emitter.onCompletion(() -> emitters.remove(emitter));
            emitter.send(SseEmitter.event().name("hello").data("{}"));
            return emitter;
        }

        private void relay(PGDataSource source) {
            var woken = new Semaphore(0);
            try (var connection = source.getConnection()) {
                var channel = channel(connection);
                connection.unwrap(PGConnection.class).addNotificationListener(new PGNotificationListener() {
                    @Override
                    public void notification(int process, String name, String payload) {
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

        private static UUID channel(Connection connection) throws SQLException {
            try (var rows =
                    connection.createStatement().executeQuery("select id from chat.channel where name = 'peer'")) {
                rows.next();
                return rows.getObject(1, UUID.class);
            }
        }

        private long send(Connection connection, UUID channel, long seq) throws SQLException {
            try (var statement = connection.prepareStatement(
                    "select seq, messages_json from chat.channel_changes(array[?::uuid], array[?::bigint], '{}', '{}', '{}')")) {
                statement.setObject(1, channel);
                statement.setLong(2, seq);
                try (var rows = statement.executeQuery()) {
                    rows.next();
                    var event = "{\"channel\":\"" + channel + "\",\"after\":" + seq + ",\"seq\":" + rows.getLong(1)
                            + ",\"messages\":" + rows.getString(2) + ",\"text\":[]}";
                    for (var emitter : emitters) send(emitter, event);
                    return rows.getLong(1);
                }
            }
        }

        private void send(SseEmitter emitter, String event) {
            try {
                emitter.send(SseEmitter.event().name("channel").data(event));
            } catch (IOException | IllegalStateException e) {
                emitters.remove(emitter);
            }
        }
    }
}
