package dev.holdfast.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.FeedStore;
import dev.holdfast.testing.SimulatedBrowser;
import dev.holdfast.testing.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.springframework.jdbc.core.JdbcTemplate;

/** Random steps against two browsers and a feed whose database connections break; -Dseed=... runs one again. */
class RandomFeedTest {

    private static final int STEPS = 150;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<UUID> posted = new ArrayList<>();
    private final List<Pen.Reply> running = new ArrayList<>();
    private TcpProxy proxy;
    private TestDatabase database;
    private FeedServer server;
    private Pen pen;
    private UUID mira;
    private UUID channel;

    @BeforeEach
    void start() {
        System.out.println("RandomFeedTest -Dseed=" + seed);
        database = TestPostgres.create();
        proxy = TcpProxy.to(database.host(), database.port());
        server = new FeedServer(
                new TestDatabase("127.0.0.1", proxy.port(), database.name(), database.user(), database.password()),
                database);
        pen = new Pen(new JdbcTemplate(database.dataSource()));
        mira = server.account("mira");
        channel = server.channel("room", mira);
        pen.agent("ada", channel);
    }

    @AfterEach
    void stop() {
        server.close();
        proxy.close();
    }

    @RepeatedTest(2)
    void whatever_happens_both_browsers_end_with_what_the_database_has() throws Exception {
        try (var one = server.browser(mira).goOnline();
                var other = server.browser(mira).goOnline()) {
            for (var step = 0; step < STEPS; step++) step(random.nextBoolean() ? one : other);
            proxy.restore();
            while (!running.isEmpty()) running.removeLast().complete();
            one.goOnline();
            other.goOnline();
            equalsTheDatabase(one);
            equalsTheDatabase(other);
        }
    }

    private void step(SimulatedBrowser browser) throws InterruptedException {
        switch (random.nextInt(16)) {
            case 0, 1 -> posted.add(post("said " + random.nextInt()));
            case 2 -> {
                post("hello @ada");
                running.addAll(pen.claimAll());
            }
            case 3, 4, 5, 6, 7, 8 -> grow();
            case 9 -> end();
            case 10 -> change("edit_message(?, ?, 'edited " + random.nextInt() + "')");
            case 11 -> change("delete_message(?, ?)");
            case 12 -> browser.hangUp();
            case 13 -> proxy.cut();
            case 14 -> silence();
            default -> Thread.sleep(random.nextInt(60));
        }
    }

    private UUID post(String content) {
        return database.jdbc()
                .sql("select chat.post('room', 'mira', ?)")
                .param(content)
                .query(UUID.class)
                .single();
    }

    private void grow() {
        if (running.isEmpty()) return;
        var reply = running.get(random.nextInt(running.size()));
        if (reply.text().isEmpty()) reply.startStreaming();
        reply.write("word" + random.nextInt(100) + (random.nextBoolean() ? " \uD83D\uDE00\n" : " "));
    }

    private void end() {
        if (running.isEmpty()) return;
        var reply = running.remove(random.nextInt(running.size()));
        switch (random.nextInt(3)) {
            case 0 -> reply.complete();
            case 1 -> {
                reply.failAndRetry();
                running.addAll(pen.claimAll());
            }
            default ->
                database.jdbc()
                        .sql("select chat.stop(?, ?)")
                        .params(reply.message, mira)
                        .query()
                        .listOfRows();
        }
    }

    private void change(String call) {
        if (posted.isEmpty()) return;
        database.jdbc()
                .sql("select chat." + call)
                .params(posted.remove(random.nextInt(posted.size())), mira)
                .query()
                .listOfRows();
    }

    private void silence() throws InterruptedException {
        proxy.blackHole();
        Thread.sleep(random.nextInt(200));
        proxy.restore();
    }

    private void equalsTheDatabase(SimulatedBrowser browser) {
        var truth = truth();
        try {
            browser.await(Duration.ofSeconds(20), store -> shown(store).equals(truth));
        } catch (TimeoutException e) {
            assertThat(browser.shown(channel)).as("seed " + seed).isEqualTo(truth);
        }
    }

    private Map<UUID, String> shown(FeedStore store) {
        var shown = new TreeMap<UUID, String>();
        store.messages(channel).forEach((id, message) -> shown.put(id, message.status() + "|" + message.text()));
        return shown;
    }

    private Map<UUID, String> truth() {
        var truth = new TreeMap<UUID, String>();
        database.jdbc()
                .sql("select id, status, chat.text_of(m) as text from chat.message m where channel_id = ?")
                .param(channel)
                .query(row -> {
                    truth.put(row.getObject("id", UUID.class), row.getString("status") + "|" + row.getString("text"));
                });
        return truth;
    }
}
