package dev.holdfast.postgres;

import dev.holdfast.Settings;
import dev.holdfast.postgres.Databases.Migrated;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What readiness asks: whether this process has a database, of this build's schema, and hears of its changes. */
@Configuration(proxyBeanMethods = false)
class DatabaseHealth {

    private static final Duration SCHEMA_STAYS = Duration.ofSeconds(30);

    /** Through the pool that this process lives on. */
    @Bean
    HealthIndicator databaseHealthIndicator(
            Settings settings, @Qualifier("web") DataSource web, @Qualifier("worker") DataSource worker) {
        var pool = settings.role().web() ? web : worker;
        return () -> {
            try (Connection connection = pool.getConnection();
                    var statement = connection.createStatement()) {
                statement.setQueryTimeout(2);
                statement.execute("select 1");
                return Health.up().build();
            } catch (SQLException e) {
                return Health.down().withDetail("reason", String.valueOf(e.getMessage())).build();
            }
        };
    }

    @Bean
    HealthIndicator listenerHealthIndicator(ListenConnection listener) {
        return () -> listener.connected()
                ? Health.up().build()
                : Health.down().withDetail("reason", "the LISTEN connection is being made anew").build();
    }

    @Bean
    HealthIndicator migrationsHealthIndicator(Migrated database) {
        return new Schema(database);
    }

    /** A database restored from an old backup may lack what this build needs. Asked seldom: the answer rarely changes. */
    private static final class Schema implements HealthIndicator {

        private final Migrated database;
        private Instant asked = Instant.EPOCH;
        private Health answer = Health.unknown().build();

        Schema(Migrated database) {
            this.database = database;
        }

        @Override
        public synchronized Health health() {
            if (asked.isBefore(Instant.now().minus(SCHEMA_STAYS))) {
                asked = Instant.now();
                answer = ask();
            }
            return answer;
        }

        private Health ask() {
            try {
                var pending = database.flyway().info().pending().length;
                return pending == 0
                        ? Health.up().build()
                        : Health.down().withDetail("reason", pending + " migrations are missing; restart this process").build();
            } catch (RuntimeException e) {
                asked = Instant.EPOCH;
                return Health.down().withDetail("reason", String.valueOf(e.getMessage())).build();
            }
        }
    }
}
