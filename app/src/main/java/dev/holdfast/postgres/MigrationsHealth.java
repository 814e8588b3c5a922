package dev.holdfast.postgres;

import dev.holdfast.postgres.Databases.Migrated;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Whether the database still holds this build's schema; an older one comes back with a backup. A newer one, of a rolling
 * update, is fine. Looked up every half minute beside the probes, because it takes a connection of its own and its time.
 */
@Component("migrations")
final class MigrationsHealth implements HealthIndicator {

    private static final Logger log = LoggerFactory.getLogger(MigrationsHealth.class);
    private static final Duration EVERY = Duration.ofSeconds(30);

    private final Migrated database;
    private final AtomicLong lookedAt = new AtomicLong(System.nanoTime()); // the start has just migrated
    private volatile Health last = Health.up().build();

    MigrationsHealth(Migrated database) {
        this.database = database;
    }

    @Override
    public Health health() {
        var before = lookedAt.get();
        if (System.nanoTime() - before > EVERY.toNanos() && lookedAt.compareAndSet(before, System.nanoTime())) {
            Thread.ofPlatform().daemon().name("holdfast-migrations").start(this::look);
        }
        return last;
    }

    void look() {
        try {
            var missing = database.migrations().missing();
            last = missing.isEmpty()
                    ? Health.up().build()
                    : Health.down()
                            .withDetail("missing", missing)
                            .withDetail("remedy", "Restart a process of this build: the start migrates")
                            .build();
        } catch (RuntimeException e) { // Flyway's, or anything else of a driver whose connection is cut
            log.debug(
                    "The schema's version cannot be read; whether the database answers is another indicator's matter",
                    e);
        }
    }
}
