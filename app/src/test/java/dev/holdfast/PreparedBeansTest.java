package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** InstallTest shows that a program in a jar starts with them. */
class PreparedBeansTest {

    private static final String ENVIRONMENT = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource({
        "HOLDFAST_ROLE, all",
        "HOLDFAST_LEASE, 5s",
        "OPENAI_API_KEY, none",
        "SERVER_PORT, 8090",
        "MANAGEMENT_SERVER_PORT, 0",
        "MANAGEMENT_SERVER_ADDRESS, 127.0.0.1",
        "SERVER_FORWARD_HEADERS_STRATEGY, native",
        "LOGGING_LEVEL_ROOT, warn",
    })
    void what_the_readme_names_is_read_by_the_beans_of_the_build(String variable, String value) {
        assertThat(PreparedBeans.isAsBuilt(environment(variable, value))).isTrue();
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource({
        "HOLDFAST_ROLE, web",
        "HOLDFAST_ROLE, worker",
        "MANAGEMENT_SERVER_PORT, -1",
        "MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE, health",
        "SPRINGDOC_API_DOCS_ENABLED, false",
        "SPRING_PROFILES_ACTIVE, here",
        "SERVER_FORWARD_HEADERS_STRATEGY, framework",
        "SERVER_SERVLET_SESSION_TIMEOUT, 1h",
        "spring.main.lazy-initialization, true",
    })
    void where_more_is_set_the_start_decides_which_beans_there_are(String variable, String value) {
        assertThat(PreparedBeans.isAsBuilt(environment(variable, value))).isFalse();
    }

    @Test
    void a_file_of_settings_beside_the_jar_has_the_start_decide(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("application.properties"), "spring.main.lazy-initialization=true");
        var environment = new StandardEnvironment();
        var location = Map.<String, Object>of("spring.config.additional-location", folder.toUri() + "/");
        environment.getPropertySources().addLast(new MapPropertySource("where", location));
        ConfigDataEnvironmentPostProcessor.applyTo(environment);
        assertThat(environment.getProperty("spring.main.lazy-initialization")).isEqualTo("true");
        assertThat(PreparedBeans.isAsBuilt(environment)).isFalse();
    }

    /** With the settings that are in the jar. */
    private static StandardEnvironment environment(String variable, String value) {
        var environment = new StandardEnvironment();
        var variables = new SystemEnvironmentPropertySource(ENVIRONMENT, Map.of(variable, value));
        environment.getPropertySources().replace(ENVIRONMENT, variables);
        ConfigDataEnvironmentPostProcessor.applyTo(environment);
        return environment;
    }
}
