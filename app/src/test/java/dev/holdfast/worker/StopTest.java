package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.Served;
import dev.holdfast.testing.Served.End;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stop works at once at any moment, and closes the request to the model. */
class StopTest {
    private final TestDatabase database = TestPostgres.create();
    private final ModelServer server = ModelServer.start();
    private final Channel channel = new Channel(database);
    private TestWorker worker;

    @BeforeEach
    void start() {
        worker = TestWorker.start(database, server);
    }

    @AfterEach
    void close() {
        worker.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "ollama"})
    void while_the_model_is_silent_about_to_speak_or_speaking(String provider) {
        for (var fault : new Fault[] {Fault.SILENCE, Fault.STALL_FIRST, Fault.STALL, Fault.NONE}) {
            String agent = "ada-" + provider + "-" + fault.name().toLowerCase().replace('_', '-');
            channel.agent(agent, provider, agent);
            server.on(agent, Script.says("word ".repeat(10_000)).pace(100).fault(fault));
            UUID asking = channel.ask("hello @" + agent);
            Served served = server.await("for " + agent, one -> one.model.equals(agent));
            boolean speaks = fault == Fault.STALL || fault == Fault.NONE;
            String before = speaks ? (String) channel.awaitText(asking).get("streamed") : "";
            var stopped = Instant.now();
            channel.stop(asking, "mira");
            var reply = channel.reply(asking);
            assertThat(reply)
                    .as(agent)
                    .containsEntry("state", "cancelled")
                    .containsEntry("status", "stopped")
                    .containsEntry("chunks", 0L);
            assertThat((String) reply.get("content")).as(agent).startsWith(before);
            server.await("closed for " + agent, one -> one == served && one.end() == End.CLOSED_BY_CLIENT);
            assertThat(Duration.between(stopped, served.endedAt()))
                    .as(agent + ": with the next heartbeat, 0.8 s, and patience with a busy machine")
                    .isLessThan(Duration.ofSeconds(5));
            for (String what : new String[] {"state", "content", "chunks", "seq", "fence"}) {
                assertThat(channel.reply(asking)).as("nothing comes after").containsEntry(what, reply.get(what));
            }
        }
    }

    @Test
    void while_it_is_queued_and_between_two_attempts() {
        channel.agent("ada", "openai", "m");
        channel.set("ada", "paused = true");
        UUID queued = channel.ask("hello @ada");
        channel.stop(queued, "mira");
        channel.set("ada", "paused = false");
        server.on("m", Script.fails(Fault.RATE_LIMITED).retryAfter("60"));
        UUID waiting = channel.ask("hello again @ada");
        server.await("for m", one -> one.model.equals("m"));
        channel.await(waiting, "queued");
        channel.stop(waiting, "mira");
        assertThat(channel.reply(queued)).containsEntry("state", "cancelled").containsEntry("status", "stopped");
        assertThat(channel.reply(waiting)).containsEntry("state", "cancelled").containsEntry("status", "stopped");
        worker.close();
        assertThat(server.served("m")).hasSize(1);
    }

    /** A heartbeat's answer names what was stopped; by then the worker may run it anew, and that attempt is its own. */
    @Test
    void what_is_retried_right_after_it_runs_on_whatever_a_heartbeat_under_way_says_of_the_attempt_before()
            throws SQLException {
        channel.agent("ada", "openai", "m");
        server.on(
                "m",
                Script.says("never").fault(Fault.SILENCE),
                Script.says("word ".repeat(80)).pace(20));
        UUID asking = channel.ask("hello @ada");
        server.await("the first", one -> one.model.equals("m"));
        try (var holder = database.dataSource().getConnection();
                var statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            // a heartbeat waits for it where it begins, and a claim doesn't
            statement.execute("lock table chat.worker in share row exclusive mode");
            while (database.jdbc()
                    .sql("select 1 from pg_locks where relation = 'chat.worker'::regclass and not granted")
                    .query()
                    .listOfRows()
                    .isEmpty()) Thread.onSpinWait();
            channel.stop(asking, "mira");
            channel.retry(asking, "mira");
            server.await("the second", one -> server.served("m").size() == 2);
            holder.rollback();
        }
        assertThat(channel.await(asking, "completed"))
                .containsEntry("attempt", 1)
                .containsEntry("content", "word ".repeat(80));
    }
}
