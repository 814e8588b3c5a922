package dev.holdfast.worker;

import dev.holdfast.OnlyInAWorker;
import dev.holdfast.Settings;
import dev.holdfast.model.Models;
import dev.holdfast.postgres.ListenConnection;
import io.micrometer.core.instrument.MeterRegistry;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@OnlyInAWorker
class WorkerConfiguration {

    @Bean
    Worker worker(
            Settings settings,
            @Qualifier("worker") DataSource dataSource,
            Models models,
            ListenConnection listener,
            MeterRegistry meters) {
        return new Worker(settings, dataSource, models, listener, meters);
    }
}
