package dev.holdfast;

import java.util.HashMap;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * A variable that is set to nothing counts as unset: compose files pass those on that the operator left out. So does
 * every one at the build, whose beans are for everybody ({@link PreparedBeans}).
 */
class BlankVariables implements EnvironmentPostProcessor, Ordered {
    private static final String NAME = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        var variables = environment.getPropertySources().get(NAME);
        if (!(variables instanceof SystemEnvironmentPropertySource system)) return;
        var set = new HashMap<>(system.getSource());
        boolean isTheBuild = Boolean.getBoolean("spring.aot.processing");
        set.entrySet()
                .removeIf(variable -> isTheBuild
                        || (variable.getKey().matches("(HOLDFAST|SERVER|MANAGEMENT)_.*")
                                && variable.getValue().toString().isBlank()));
        environment.getPropertySources().replace(NAME, new SystemEnvironmentPropertySource(NAME, set));
    }

    /** Before anybody reads them. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
