package dev.holdfast.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Attempts by how they ended. Workers count them; those that fail are there at 0 as soon as their agent is, in every process:
 * what a series begins with is no increase, and an agent's first failures, all within one scrape, would raise no alert.
 */
public final class Attempts {

    private Attempts() {}

    /** @param outcome completed, retried, failed, cancelled, lost or handed_back */
    public static Counter ended(MeterRegistry meters, String agent, String outcome) {
        return Counter.builder("holdfast.generations")
                .description("Attempts by how they ended")
                .tag("agent", agent)
                .tag("outcome", outcome)
                .register(meters);
    }
}
