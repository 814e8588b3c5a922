package dev.holdfast;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * A process that is only a worker serves no page: its one port is the management port, with its own address and other
 * settings, so that it can stand beside a web process on one machine.
 */
class WorkerRole implements EnvironmentPostProcessor {

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        if (!environment.getProperty("holdfast.role", "all").equalsIgnoreCase("worker")) {
            return;
        }
        Map<String, Object> properties = new HashMap<>();
        properties.put("server.port", "-1");
        properties.put("springdoc.api-docs.enabled", "false");
        environment.getPropertySources().addFirst(new MapPropertySource("worker role", properties));
    }
}
