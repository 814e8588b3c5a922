package dev.holdfast.worker;

import dev.holdfast.generation.Chunk;
import dev.holdfast.generation.Generations.Outcome;
import dev.holdfast.generation.Generations.Reaped;
import dev.holdfast.observe.Attempts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The workers' part of the contract's metrics. Seconds, no ids in labels. */
final class WorkerMetrics {
    private final MeterRegistry meters;
    private final Timer claimLatency;
    private final Counter leasesExpired;
    private final Counter fencedWrites;
    private final Timer flushSeconds;
    private final DistributionSummary flushChunks;
    private final Counter flushBytes;

    WorkerMetrics(MeterRegistry meters) {
        this.meters = meters;
        claimLatency = timer("holdfast.claim.latency", "From queued, or due again, to claimed")
                .register(meters);
        leasesExpired = Counter.builder("holdfast.leases.expired")
                .description("Generations that this worker took from one that went away")
                .register(meters);
        fencedWrites = Counter.builder("holdfast.fenced.writes")
                .description("Writes refused because the attempt was no longer this worker's")
                .register(meters);
        flushSeconds = timer("holdfast.flush", "Appending the new text of all replies, one transaction")
                .register(meters);
        flushChunks = DistributionSummary.builder("holdfast.flush.chunks")
                .description("Replies that one flush appended to")
                .register(meters);
        flushBytes = Counter.builder("holdfast.flush.bytes")
                .description("Text appended to running replies, in bytes of UTF-8")
                .register(meters);
        retries("rate_limited"); // there is an alert for it, which sees no first one in a series that begins with it
    }

    private static Timer.Builder timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(15));
    }

    /** holdfast_slots{state}: how many generations run, and how many more could: none while it drains. */
    void slots(IntSupplier busy, IntSupplier free) {
        Gauge.builder("holdfast.slots", busy::getAsInt)
                .tag("state", "busy")
                .description("Generations that this process runs at once")
                .register(meters);
        Gauge.builder("holdfast.slots", free::getAsInt)
                .tag("state", "free")
                .description("Generations that this process runs at once")
                .register(meters);
    }

    /** holdfast_heartbeat_age_seconds: what everybody sees of a database that can be read and takes no writes. */
    void heartbeat(DoubleSupplier age) {
        Gauge.builder("holdfast.heartbeat.age", age::getAsDouble)
                .baseUnit("seconds")
                .description("Since this worker last wrote its heartbeat, which it does every second")
                .register(meters);
    }

    void claimed(double waitedSeconds) {
        claimLatency.record(Duration.ofNanos((long) (waitedSeconds * 1e9)));
    }

    /** Nobody else counts it: its worker is gone. How long it ran is not known. */
    void reaped(Reaped reaped) {
        leasesExpired.increment();
        boolean again = reaped.outcome() == Outcome.RETRY;
        ended(reaped.agentHandle(), again ? "retried" : "failed");
        if (again) retried("worker_lost");
    }

    void fencedWrite() {
        fencedWrites.increment();
    }

    /** From queued, or due again, to the first text. */
    void firstToken(Reply reply) {
        timer("holdfast.time.to.first.token", "From queued, or due again, to the first text")
                .tag("agent", reply.claimed.agentHandle())
                .register(meters)
                .record(age(reply).plusNanos((long) (reply.claimed.waited() * 1e9)));
    }

    /** @param outcome completed, retried, failed, cancelled, lost or handed_back */
    void ended(Reply reply, String outcome) {
        String agent = reply.claimed.agentHandle();
        timer("holdfast.generation", "One attempt, from the claim to its end")
                .tag("agent", agent)
                .tag("outcome", outcome)
                .register(meters)
                .record(age(reply));
        ended(agent, outcome);
    }

    private void ended(String agent, String outcome) {
        Attempts.ended(meters, agent, outcome).increment();
    }

    void retried(String reason) {
        retries(reason).increment();
    }

    private Counter retries(String reason) {
        return Counter.builder("holdfast.retries")
                .description("Attempts that failed and are tried again, by reason")
                .tag("reason", reason)
                .register(meters);
    }

    void tokens(Reply reply, @Nullable Integer input, @Nullable Integer output) {
        tokens(reply, "input", input);
        tokens(reply, "output", output);
    }

    private void tokens(Reply reply, String direction, @Nullable Integer tokens) {
        if (tokens == null) return;
        Counter.builder("holdfast.tokens")
                .description("Tokens as the providers count them")
                .tag("agent", reply.claimed.agentHandle())
                .tag("direction", direction)
                .register(meters)
                .increment(tokens);
    }

    <T> T flush(Collection<Chunk> chunks, Supplier<T> append) {
        T answer = flushSeconds.record(append);
        flushChunks.record(chunks.size());
        flushBytes.increment((double)
                chunks.stream().mapToLong(chunk -> utf8Length(chunk.text())).sum());
        return answer;
    }

    private static long utf8Length(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // a surrogate is half of four bytes
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }

    private static Duration age(Reply reply) {
        return Duration.ofNanos(System.nanoTime() - reply.began);
    }
}
