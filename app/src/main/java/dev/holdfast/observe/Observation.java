package dev.holdfast.observe;

import dev.holdfast.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Every process observes the database through the pool of its own side. */
@Configuration(proxyBeanMethods = false)
class Observation {

    private static final Duration AT_MOST_EVERY = Duration.ofSeconds(1);

    @Bean
    QueueGauges queueGauges(
            Settings settings,
            @Qualifier("web") JdbcClient web,
            @Qualifier("worker") JdbcClient worker,
            MeterRegistry meters) {
        return new QueueGauges(side(settings, web, worker), meters, AT_MOST_EVERY);
    }

    @Bean("database")
    DatabaseHealth databaseHealth(
            Settings settings, @Qualifier("web") JdbcClient web, @Qualifier("worker") JdbcClient worker) {
        return new DatabaseHealth(side(settings, web, worker));
    }

    private static JdbcClient side(Settings settings, JdbcClient web, JdbcClient worker) {
        return settings.role().web() ? web : worker;
    }
}
