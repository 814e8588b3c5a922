package dev.holdfast.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The queue's depth and oldest age, of the whole database, and the age of its oldest transaction. A scrape reads the queue
 * with one query, however many agents there are, over the indexes of what is unfinished or failed; every process gives the
 * same numbers, so take the maximum. While the database doesn't answer within a second they are NaN, and the scrape goes on
 * without them: the processes are up. Thread-safe.
 */
final class QueueGauges {

    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Thread.Builder THREAD =
            Thread.ofPlatform().name("holdfast-queue-gauges").daemon();
    private static final Logger log = LoggerFactory.getLogger(QueueGauges.class);

    /** An agent's part of the queue. oldestAge in seconds, 0 when nothing is queued. */
    record Depth(String agent, long queued, long running, long failed, double oldestAge) {}

    private final JdbcClient jdbc;
    private final MeterRegistry meters;
    private final long maxAgeNanos;
    private final Map<String, List<Meter>> registered = new HashMap<>();
    private Map<String, Depth> depths = Map.of();
    private CompletableFuture<Map<String, Depth>> reading = CompletableFuture.completedFuture(Map.of());
    private volatile double oldestTransactionAge = Double.NaN;
    private long readAt;

    QueueGauges(JdbcClient jdbc, MeterRegistry meters, Duration atMostEvery) {
        this.jdbc = jdbc;
        this.meters = meters;
        maxAgeNanos = atMostEvery.toNanos();
        readAt = System.nanoTime() - maxAgeNanos - 1;
    }

    /** Agents that exist at the start are in the first scrape; later ones in the first or second after they are made. */
    @EventListener(ApplicationReadyEvent.class)
    void start() {
        depths();
        // something has to ask for the depths while there are no agents at all
        Gauge.builder("holdfast.agents", () -> depths().size())
                .description("Agents that there are")
                .register(meters);
        Gauge.builder("holdfast.oldest.transaction.age", this::oldestTransactionAge)
                .baseUnit("seconds")
                .description(
                        "For how long the oldest transaction of the database is open that keeps old versions of rows from"
                                + " being removed; of other database users only where Holdfast's is in pg_read_all_stats. All"
                                + " processes say the same: take the maximum")
                .register(meters);
    }

    synchronized Map<String, Depth> depths() {
        if (System.nanoTime() - readAt < maxAgeNanos) return depths;
        // one read at a time, however long it waits for a connection
        if (reading.isDone()) reading = CompletableFuture.supplyAsync(this::read, THREAD::start);
        try {
            depths = reading.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            depths.keySet().forEach(agent -> registered.computeIfAbsent(agent, this::register));
            // under the handle that an agent had before, NaN: the sum over all agents would be none either
            registered.entrySet().removeIf(agent -> {
                boolean gone = !depths.containsKey(agent.getKey());
                if (gone) agent.getValue().forEach(meters::remove);
                return gone;
            });
        } catch (ExecutionException | TimeoutException e) {
            log.debug("The queue's depth cannot be read", e);
            depths = Map.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        readAt = System.nanoTime();
        return depths;
    }

    private Map<String, Depth> read() {
        oldestTransactionAge = Double.NaN;
        Map<String, Depth> read = jdbc.sql("""
                        select agent, queued, running, failed, coalesce(extract(epoch from oldest_age), 0)::float8 as oldest_age
                        from ops.queue
                        """).query(Depth.class).list().stream()
                .collect(Collectors.toUnmodifiableMap(Depth::agent, depth -> depth));
        try {
            oldestTransactionAge = jdbc.sql("select extract(epoch from ops.oldest_transaction_age())::float8")
                    .query(Double.class)
                    .single();
        } catch (DataAccessException e) { // an older backup was put back, which has no such function
            log.debug("The oldest transaction's age cannot be read", e);
        }
        return read;
    }

    private double oldestTransactionAge() {
        depths();
        return oldestTransactionAge;
    }

    private List<Meter> register(String agent) {
        Attempts.ended(meters, agent, "failed");
        return List.of(
                depth(agent, "queued", Depth::queued),
                depth(agent, "running", Depth::running),
                depth(agent, "failed", Depth::failed),
                Gauge.builder("holdfast.queue.oldest.age", () -> value(agent, Depth::oldestAge))
                        .tag("agent", agent)
                        .baseUnit("seconds")
                        .description(
                                "For how long the oldest queued generation of the agent has waited since it was asked for, in the"
                                        + " whole database; 0 when none waits. All processes say the same: take the maximum")
                        .register(meters));
    }

    private Meter depth(String agent, String state, ToDoubleFunction<Depth> of) {
        return Gauge.builder("holdfast.queue.depth", () -> value(agent, of))
                .tag("agent", agent)
                .tag("state", state)
                .description(
                        "Generations of the agent in the whole database: queued (those that wait for a later attempt"
                                + " included), running, and failed and neither retried nor cancelled since (of an agent that is"
                                + " disabled: none). All processes say the same: take the maximum")
                .register(meters);
    }

    private double value(String agent, ToDoubleFunction<Depth> of) {
        var depth = depths().get(agent);
        return depth == null ? Double.NaN : of.applyAsDouble(depth);
    }
}
