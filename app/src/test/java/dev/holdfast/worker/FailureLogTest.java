package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

@Isolated("what it listens to is the whole JVM's")
class FailureLogTest {
    private final TestDatabase database = TestPostgres.create();
    private final Logger log = (Logger) LoggerFactory.getLogger(Slot.class);
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

    @Test
    void an_operator_reads_what_the_server_said() {
        var level = log.getLevel();
        log.setLevel(Level.INFO);
        log.addAppender(logged);
        logged.start();
        var channel = new Channel(database);
        channel.agent("ada", "openai", "m");
        try (var server = ModelServer.start();
                var worker = TestWorker.start(database, server)) {
            server.on("m", Script.fails(Fault.SERVER_ERROR), Script.says("whole and well"));
            channel.await(channel.ask("hello @ada"), "completed");
            assertThat(worker.count("holdfast.retries")).isEqualTo(1);
        } finally {
            log.detachAppender(logged);
            log.setLevel(level);
        }
        assertThat(logged.list)
                .singleElement()
                .extracting(ILoggingEvent::getFormattedMessage)
                .asString()
                .contains(
                        "attempt 1 failed: the model's server failed (500) [status 500: The server had an error while processing your request] (RETRY)");
    }
}
