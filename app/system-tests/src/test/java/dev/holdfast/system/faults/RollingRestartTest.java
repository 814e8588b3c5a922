package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** With -Drolling, since it takes minutes on a busy machine. A new release goes out while people write: two web processes and two workers, one after the other. */
@EnabledIfSystemProperty(named = "rolling", matches = ".*")
class RollingRestartTest {

    private final long seed = Long.getLong("seed", new Random().nextInt(1_000_000));

    @Test
    void a_rolling_restart_loses_doubles_and_counts_nothing_and_every_browser_follows() {
        var run = new FaultRun(seed, 0, 4, 8).calm();
        // a busy machine must not let leases run out: then an attempt would count, and rightly
        run.nodes().forEach(node -> node.process.with("HOLDFAST_LEASE", "30s").with("HOLDFAST_DRAIN_TIMEOUT", "1s"));
        var restarts = new RollingRestart[1];
        try {
            var checker = run.run(made -> restarts[0] = new RollingRestart(made));
            assertThat(checker.findings())
                    .as("-Dseed=%d %s", seed, restarts[0].log())
                    .isEmpty();
            assertThat(restarts[0].exits).as("a clean end is no failure").containsExactly(0, 0, 0, 0);
            assertThat(restarts[0].handedBack).as("replies handed back").isGreaterThanOrEqualTo(2);
            assertThat(run.installation()
                            .jdbc()
                            .sql("select history::text from chat.generation where attempt > 1")
                            .query(String.class)
                            .list())
                    .as("what counted an attempt, though handing back does not")
                    .isEmpty();
        } finally {
            run.close();
        }
    }
}
