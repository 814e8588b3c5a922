package dev.holdfast.observe;

import dev.holdfast.postgres.ListenConnection;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Whether the LISTEN connection is up. Without it everything still works, by polling every 5 s: slower, so no part of readiness. */
@Component("listener")
final class ListenerHealth implements HealthIndicator {

    private final ListenConnection connection;

    ListenerHealth(ListenConnection connection) {
        this.connection = connection;
    }

    @Override
    public Health health() {
        return connection.connected()
                ? Health.up().build()
                : Health.down()
                        .withDetail("reason", "The LISTEN connection is being made anew")
                        .build();
    }
}
