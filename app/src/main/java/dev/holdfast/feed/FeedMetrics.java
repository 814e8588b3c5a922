package dev.holdfast.feed;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** What the feed says of itself. */
final class FeedMetrics {

    private final Timer lag;
    private final Counter dropped;
    private final Counter resyncs;
    private volatile double queueUsage;

    FeedMetrics(MeterRegistry meters, Audience audience) {
        Gauge.builder("holdfast.feed.clients", audience, Audience::size)
                .description("Browsers on the feed of this process")
                .register(meters);
        Gauge.builder("holdfast.feed.unsent.bytes", audience, FeedMetrics::mostUnsent)
                .description("What the slowest browser has not taken yet; beyond " + Subscriber.MOST_UNSENT
                        + " bytes it is let go")
                .register(meters);
        lag = Timer.builder("holdfast.feed.lag")
                .description("From the arrival of a commit's notification in this process (PostgreSQL sends it at the"
                        + " commit) to the event's bytes being handed to every browser that takes them; one sample per"
                        + " channel and event. Changes found by polling are not counted here but as resyncs")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(25),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(meters);
        dropped = Counter.builder("holdfast.feed.dropped.clients")
                .description("Browsers let go because they read too slowly; they come back by cursor")
                .register(meters);
        resyncs = Counter.builder("holdfast.feed.resyncs")
                .description(
                        "Times the relay had to catch up without a notification: after the LISTEN connection was"
                                + " made anew or the database was started or restored, when a poll found a change nobody announced, when a channel went backwards")
                .register(meters);
        Gauge.builder("holdfast.notify.queue.usage", this, self -> self.queueUsage)
                .description("How full the server's notification queue is, 0 to 1 (pg_notification_queue_usage)")
                .register(meters);
    }

    void delivered(long heardAt) {
        lag.record(Duration.ofNanos(System.nanoTime() - heardAt));
    }

    void dropped() {
        dropped.increment();
    }

    void resynced() {
        resyncs.increment();
    }

    void queueUsage(double usage) {
        queueUsage = usage;
    }

    private static double mostUnsent(Audience audience) {
        return audience.everybody().stream().mapToInt(Subscriber::unsent).max().orElse(0);
    }
}
