package dev.holdfast;

import dev.holdfast.Settings.Role;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * A process that is only a worker serves no page: its one port is the management port, with its own address and other
 * settings, so that it can stand beside a web process on one machine.
 */
class WorkerRole implements EnvironmentPostProcessor {

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        Role role = Binder.get(environment).bind("holdfast.role", Role.class).orElse(Role.ALL);
        Map<String, Object> properties = new HashMap<>();
        // the binder overlooks case and spaces; who reads the text shall read the same
        properties.put("holdfast.role", role.name().toLowerCase(Locale.ROOT));
        if (role == Role.WORKER) {
            properties.put("server.port", "-1");
            properties.put("springdoc.api-docs.enabled", "false");
        }
        environment.getPropertySources().addFirst(new MapPropertySource("role", properties));
    }
}
