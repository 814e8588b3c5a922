package dev.holdfast.model;

import dev.holdfast.OnlyInAWorker;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.simple.JdbcClient;

@Configuration(proxyBeanMethods = false)
class ModelConfiguration {

    @Bean
    ModelEnvironment modelEnvironment(Environment environment) {
        return ModelEnvironment.from(environment);
    }

    @Bean(destroyMethod = "close")
    @OnlyInAWorker
    Models models(ModelEnvironment environment) {
        return new Models(environment);
    }

    /** In every process, since the keys may be on the workers alone. Through the web's connection: a worker may not make accounts. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    ApplicationRunner readyAgents(JdbcClient jdbc, ModelEnvironment environment) {
        return arguments -> new ReadyAgents(jdbc, environment).make();
    }
}
