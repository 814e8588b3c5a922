package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.Served;
import dev.holdfast.testing.Served.End;
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
}
