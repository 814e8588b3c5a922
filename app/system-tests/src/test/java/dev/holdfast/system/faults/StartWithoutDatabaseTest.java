package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.TcpProxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Starts that cannot succeed end with 1 and one line, whenever the database goes away; -Dmoments=40 for every one. */
class StartWithoutDatabaseTest {

    private static final Duration END = Duration.ofSeconds(90);

    private static final int MOMENTS = Integer.getInteger("moments", 1);

    private static Installation installation;

    @BeforeAll
    static void start() {
        installation = new Installation();
        installation.process("first", "web").start().terminate().awaitExit(END);
    }

    @AfterAll
    static void end() {
        installation.close();
    }

    @Test
    void a_database_that_does_not_answer_is_named() {
        var nobody = new TestDatabase("127.0.0.1", 1, "holdfast", "postgres", "postgres");
        var process = installation.process("alone", "all", nobody).launch();
        assertThat(process.awaitExit(END)).isEqualTo(1);
        assertThat(said(process))
                .singleElement()
                .asString()
                .startsWith("Holdfast did not start: the database postgresql://postgres@127.0.0.1:1/holdfast")
                .endsWith("check HOLDFAST_DATABASE_URL");
    }

    /** At each further connection that a start makes, until it makes no more. */
    @Test
    void a_database_that_goes_away_during_the_start_is_one_line_at_whatever_moment() {
        assertThat(brokenStart(1)).isTrue();
        for (var connections = 2; connections <= MOMENTS && brokenStart(connections); connections++) {}
    }

    /** @return whether it did not start */
    private boolean brokenStart(int connections) {
        var real = installation.database;
        try (var proxy = TcpProxy.to(real.host(), real.port()).refuseAfter(connections)) {
            var process = installation.process(
                    "broken-" + connections,
                    "all",
                    new TestDatabase("127.0.0.1", proxy.port(), real.name(), real.user(), real.password()));
            process.launch();
            try {
                process.awaitReady();
                return false;
            } catch (IllegalStateException e) {
                assertThat(process.awaitExit(END)).isEqualTo(1);
                assertThat(said(process))
                        .as("the database went away at connection " + connections)
                        .noneMatch(line -> line.startsWith("\tat "))
                        .filteredOn(line -> line.startsWith("Holdfast did not start"))
                        .singleElement()
                        .asString()
                        .startsWith("Holdfast did not start: the database");
                return true;
            } finally {
                process.close();
            }
        }
    }

    /** Without what it logs while all goes well. */
    static List<String> said(HoldfastProcess process) {
        return process.lastLines(2000)
                .lines()
                .filter(line -> !line.startsWith("==== process") && !line.contains("  INFO "))
                .toList();
    }
}
