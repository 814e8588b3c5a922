package dev.holdfast.observe;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Whether the pool of this process's side gives a connection that answers, within its 5 s. */
final class DatabaseHealth extends AbstractHealthIndicator {

    private final JdbcClient jdbc;

    DatabaseHealth(JdbcClient jdbc) {
        super("The database does not answer");
        this.jdbc = jdbc;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        jdbc.sql("select 1").query(Integer.class).single();
        builder.up();
    }
}
