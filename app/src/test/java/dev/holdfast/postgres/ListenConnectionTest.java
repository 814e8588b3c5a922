package dev.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.TcpProxy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ListenConnectionTest {

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final NotificationListener listener = new NotificationListener() {
        @Override
        public void onNotification(String channel, String payload) {
            heard.add(channel + ":" + payload);
        }

        @Override
        public void onReconnected() {
            heard.add("listening");
        }
    };

    private TestDatabase database;
    private TcpProxy proxy;
    private SimpleMeterRegistry meters;
    private ListenConnection connection;

    @BeforeEach
    void connect() {
        database = TestPostgres.createEmpty();
        proxy = TcpProxy.to(database.host(), database.port());
        meters = new SimpleMeterRegistry();
        var through =
                new TestDatabase("127.0.0.1", proxy.port(), database.name(), database.user(), database.password());
        connection = new ListenConnection(through.dataSource(), meters);
        connection.subscribe(Set.of("news"), listener);
        connection.start();
    }

    @AfterEach
    void disconnect() {
        connection.close();
        proxy.close();
    }

    @Test
    void what_is_notified_is_heard_and_other_channels_are_not() throws Exception {
        assertThat(next(5)).isEqualTo("listening");
        notify("other", "a");
        notify("news", "b");
        assertThat(next(5)).isEqualTo("news:b");
        assertThat(meters.get("holdfast.listener.connected").gauge().value()).isEqualTo(1);
    }

    @Test
    void who_subscribes_late_is_told_when_listening_has_begun() throws Exception {
        assertThat(next(5)).isEqualTo("listening");
        connection.subscribe(Set.of("late"), listener);
        assertThat(next(5)).isEqualTo("listening");
        notify("late", "c");
        assertThat(next(5)).isEqualTo("late:c");
    }

    @Test
    void a_cut_connection_is_replaced_at_once_and_says_so() throws Exception {
        assertThat(next(5)).isEqualTo("listening");
        proxy.cut();
        assertThat(next(2)).isEqualTo("listening");
        notify("news", "d");
        assertThat(next(5)).isEqualTo("news:d");
        assertThat(meters.get("holdfast.listener.reconnects").counter().count()).isEqualTo(1);
    }

    @Test
    void a_backend_killed_by_an_administrator_is_replaced_at_once() throws Exception {
        assertThat(next(5)).isEqualTo("listening");
        database.jdbc().sql("""
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()""").query().listOfRows();
        assertThat(next(2)).isEqualTo("listening");
    }

    @Test
    void a_half_open_connection_is_replaced_within_15_seconds() throws Exception {
        assertThat(next(5)).isEqualTo("listening");
        proxy.blackHole();
        var from = System.nanoTime();
        while (meters.get("holdfast.listener.connected").gauge().value() == 1) Thread.sleep(50);
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(15));
        proxy.restore();
        assertThat(next(10)).isEqualTo("listening");
        notify("news", "e");
        assertThat(next(5)).isEqualTo("news:e");
    }

    @Test
    void a_moment_without_threads_or_memory_does_not_end_it() throws Exception {
        assertThat(next(5)).isEqualTo("listening");
        var failing = new NotificationListener() {
            @Override
            public void onNotification(String channel, String payload) {}

            @Override
            public void onReconnected() {
                connection.unsubscribe(this);
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
        connection.subscribe(Set.of("failing"), failing);
        assertThat(next(5)).isEqualTo("listening");
        notify("news", "f");
        assertThat(next(5)).isEqualTo("news:f");
    }

    @Test
    void it_waits_for_a_database_that_is_not_there_yet() throws Exception {
        assertThat(next(5)).isEqualTo("listening");
        proxy.refuse();
        assertThat(heard.poll(1, TimeUnit.SECONDS)).isNull();
        proxy.restore();
        assertThat(next(5)).isEqualTo("listening");
    }

    private String next(int seconds) throws InterruptedException {
        return heard.poll(seconds, TimeUnit.SECONDS);
    }

    private void notify(String channel, String payload) {
        database.jdbc()
                .sql("select pg_notify(?, ?)")
                .params(channel, payload)
                .query()
                .listOfRows();
    }
}
