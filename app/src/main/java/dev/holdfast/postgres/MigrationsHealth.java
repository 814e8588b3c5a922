package dev.holdfast.postgres;

import dev.holdfast.postgres.Databases.Migrated;
import java.time.Duration;
import java.util.Arrays;
import org.flywaydb.core.api.MigrationInfo;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.stereotype.Component;

/**
 * Whether the database still holds this build's schema; an older one comes back with a backup. A newer one, of a rolling
 * update, is fine. Looked up every half minute, because it takes a connection of its own.
 */
@Component("migrations")
final class MigrationsHealth extends AbstractHealthIndicator {

    private static final Duration KEEPS = Duration.ofSeconds(30);

    private final Migrated database;
    private String pending = "";
    private long lookedAt;

    MigrationsHealth(Migrated database) {
        super("The schema's version cannot be read");
        this.database = database;
        lookedAt = System.nanoTime(); // the start has just migrated
    }

    @Override
    protected synchronized void doHealthCheck(Health.Builder builder) {
        if (System.nanoTime() - lookedAt > KEEPS.toNanos()) {
            pending = String.join(", ", Arrays.stream(database.flyway().info().pending()).map(MigrationInfo::getScript).toList());
            lookedAt = System.nanoTime();
        }
        if (pending.isEmpty()) builder.up();
        else builder.down().withDetail("pending", pending).withDetail("remedy", "Restart a process of this build: the start migrates");
    }
}
