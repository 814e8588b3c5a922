package dev.holdfast.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.TcpProxy;
import dev.holdfast.testing.WebApp;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** With a database and an application of its own: it leaves a pool of dead connections. */
class DatabaseLostDuringCallTest {

    private final TestDatabase database = TestPostgres.create();

    @Test
    void the_answer_is_a_whole_503() throws Exception {
        try (var proxy = TcpProxy.to(database.host(), database.port());
                var app = WebApp.startOn(new TestDatabase(
                        "127.0.0.1", proxy.port(), database.name(), database.user(), database.password()));
                var owner = database.dataSource().getConnection();
                var statement = owner.createStatement();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var ada = app.administrator();
            var general = ada.channel("general");
            owner.setAutoCommit(false);
            statement.execute("lock table chat.message");
            var refused = threads.submit(() -> ada.write(general, "in the midst"));
            await().atMost(Duration.ofMinutes(1)).until(() -> waiting() > 0);
            proxy.refuse();
            assertThat(refused.get().mustBe(503).detail()).contains("database");
            owner.rollback();
            proxy.restore();
        }
    }

    private long waiting() {
        return database.jdbc()
                .sql("select count(*) from pg_locks where not granted and relation = 'chat.message'::regclass")
                .query(Long.class)
                .single();
    }
}
