package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** The models' streams run in virtual threads and can keep all of these from their turn. Nothing else may depend on one. */
@Isolated("no virtual thread of this JVM runs meanwhile")
class BusyStreamsTest {

    private static final String CLAIMED = "holdfast_queue_depth{agent=\"guide\",state=\"running\"} 1";

    @Test
    @Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void people_and_operators_are_served_while_the_streams_leave_no_turn_to_anybody() {
        try (var app = WebApp.startAs("all", TestPostgres.create(), "OLLAMA_BASE_URL=http://127.0.0.1:1")) {
            app.mustBecomeReady();
            var ada = app.administrator();
            var general = ada.channel("general");
            var management = new Browser(app.managementPort());
            var over = new AtomicBoolean();
            try {
                occupy(over);
                var waiting = new CountDownLatch(1);
                Thread.startVirtualThread(waiting::countDown);

                ada.write(general, "hello").mustBe(201);
                assertThat(ada.get("/api/channels/" + general + "/messages")
                                .mustBe(200)
                                .body())
                        .contains("hello");
                // every connection anew, the listener's too
                for (var pool : app.beans(HikariDataSource.class))
                    pool.getHikariPoolMXBean().softEvictConnections();
                app.jdbc()
                        .sql(
                                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast listener' and datname = current_database()")
                        .query()
                        .listOfRows();
                ada.write(general, "hello again").mustBe(201);
                app.mustBecomeReady();
                // claimed, and nothing more: its slot is one that has no turn
                ada.write(general, "@guide hello").mustBe(201);
                while (!management
                        .get("/actuator/prometheus")
                        .mustBe(200)
                        .body()
                        .contains(CLAIMED)) Thread.onSpinWait();

                assertThat(waiting.getCount())
                        .as("virtual threads that had no turn")
                        .isOne();
            } finally {
                over.set(true);
            }
        }
    }

    /** Returns when no carrier is left: each holds a thread that doesn't let go. */
    private static void occupy(AtomicBoolean over) {
        int carriers = Runtime.getRuntime().availableProcessors();
        var held = new CountDownLatch(carriers);
        for (int n = 0; n < carriers; n++) {
            Thread.startVirtualThread(() -> {
                held.countDown();
                while (!over.get()) Thread.onSpinWait();
            });
        }
        try {
            held.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
