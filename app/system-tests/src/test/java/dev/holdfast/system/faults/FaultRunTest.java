package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A short one with every build. A long one, or the same one again:
 * {@code ./mvnw -pl app/system-tests -am verify -Dtest=FaultRunTest -Dsurefire.failIfNoSpecifiedTests=false -Dminutes=10
 * -Dprocesses=8 -Dclients=50 -Dseed=42}.
 */
class FaultRunTest {

    /** Mean, whatever the number of processes: to start again is what costs, and a machine that only starts answers nobody. */
    private static final int MILLIS_BETWEEN_FAULTS = 3_000;

    private final long seed = Long.getLong("seed", new Random().nextInt(1_000_000));
    private final double minutes = Double.parseDouble(System.getProperty("minutes", "0.3"));
    private final int processes = Integer.getInteger("processes", 4);
    private final int clients = Integer.getInteger("clients", 10);

    @Test
    void nothing_is_lost_doubled_reordered_or_diverged_whatever_breaks() {
        var replay = "-Dseed=%d -Dminutes=%s -Dprocesses=%d -Dclients=%d".formatted(seed, minutes, processes, clients);
        System.out.println("Fault run: " + replay);
        var run = new FaultRun(seed, minutes, processes, clients);
        try {
            var checker = run.run(made -> new Nemesis(seed, made, MILLIS_BETWEEN_FAULTS));
            assertThat(checker.findings()).as("replay with %s", replay).isEmpty();
        } finally {
            run.close();
        }
    }
}
