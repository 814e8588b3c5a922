package dev.holdfast;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.util.ClassUtils;

/**
 * Starts with the beans as the build has prepared them (Spring's ahead-of-time processing), an eighth quicker. Which
 * beans there are was decided at the build then, for both roles and for the settings in the jar: where more of Spring is
 * set than {@link #DECIDES_NOTHING}, it is decided at the start, as ever.
 */
class PreparedBeans implements EnvironmentPostProcessor {

    private static final Pattern OF_SPRING = Pattern.compile("(spring|springdoc|management|server)\\..*");
    private static final Set<String> DECIDES_NOTHING = Set.of(
            "spring.backgroundpreinitializer.ignore",
            "server.port",
            "server.address",
            "server.forward.headers.strategy",
            "management.server.port",
            "management.server.address");
    private static final String BUILT_IN = "class path resource [application.properties]";

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        if (isPrepared() && isAsBuilt(environment)) SpringProperties.setFlag("spring.aot.enabled");
    }

    /** In a jar: beside the classes of a build in progress, what was prepared may be that of the build before. */
    private static boolean isPrepared() {
        var main = HoldfastApplication.class;
        var file = main.getResource(main.getSimpleName() + ".class");
        return file != null
                && "jar".equals(file.getProtocol())
                && ClassUtils.isPresent(main.getName() + "__ApplicationContextInitializer", main.getClassLoader());
    }

    static boolean isAsBuilt(ConfigurableEnvironment environment) {
        return Settings.Role.ALL.name().equalsIgnoreCase(environment.getProperty("holdfast.role", "all"))
                && ManagementPortType.get(environment) == ManagementPortType.DIFFERENT
                && !"framework".equalsIgnoreCase(environment.getProperty("server.forward-headers-strategy"))
                && environment.getPropertySources().stream().noneMatch(PreparedBeans::decides);
    }

    private static boolean decides(PropertySource<?> source) {
        return switch (source.getName()) {
            case "commandLineArgs", "systemProperties", "systemEnvironment" ->
                names(source)
                        .map(name -> name.toLowerCase(Locale.ROOT).replaceAll("[_-]", "."))
                        .anyMatch(name -> OF_SPRING.matcher(name).matches() && !DECIDES_NOTHING.contains(name));
            default ->
                source.getName().startsWith("Config ") && !source.getName().contains(BUILT_IN);
        };
    }

    private static Stream<String> names(PropertySource<?> source) {
        return source instanceof EnumerablePropertySource<?> set ? Stream.of(set.getPropertyNames()) : Stream.empty();
    }
}
