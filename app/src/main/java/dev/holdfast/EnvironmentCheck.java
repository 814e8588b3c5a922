package dev.holdfast;

import java.util.regex.Pattern;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.Ordered;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Judges the settings before anything is started: a wrong one costs a line, not half a server and its stack traces. */
class EnvironmentCheck implements EnvironmentPostProcessor, Ordered {

    private static final int HIGHEST_PORT = 65_535;
    private static final String NONE = "-1";
    private static final String VARIABLES = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
    private static final Pattern OURS = Pattern.compile("(HOLDFAST|SERVER|MANAGEMENT|OPENAI|ANTHROPIC|OLLAMA)_.*");

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        var stray = environment.getProperty(CommandLinePropertySource.DEFAULT_NON_OPTION_ARGS_PROPERTY_NAME);
        if (stray != null) {
            throw new StartFailure(stray + " is not understood; Holdfast is set up by variables, --help lists them");
        }
        if (environment.getPropertySources().get(VARIABLES) instanceof SystemEnvironmentPropertySource variables) {
            variables.getSource().forEach((name, value) -> {
                if (OURS.matcher(name).matches()) requireReadable(name, value.toString());
            });
        }
        var home = environment.getProperty("holdfast.home", "/").strip();
        boolean embedded = environment.getProperty("holdfast.database-url", "").isBlank();
        if (embedded && !home.startsWith("/")) {
            throw new StartFailure("HOLDFAST_HOME is " + home
                    + "; started in another folder it would be another database: write the whole path, from / on");
        }
        var settings = settings(environment);
        int management = managementPort(environment);
        if (settings.role().web() && port(environment, "server.port") == management && management != 0) {
            throw new StartFailure("SERVER_PORT and MANAGEMENT_SERVER_PORT are both " + management
                    + "; health and metrics need a port of their own");
        }
    }

    /** Java reads the environment as the locale says, and puts a sign of its own in the place of what that doesn't know. */
    static void requireReadable(String variable, String value) {
        if (value.indexOf('\uFFFD') >= 0) {
            throw new StartFailure(variable + " cannot be read in this locale; set LC_ALL=C.UTF-8");
        }
    }

    private static Settings settings(ConfigurableEnvironment environment) {
        return Binder.get(environment).bindOrCreate("holdfast", Settings.class);
    }

    /** Spring's -1 is a process without health and metrics. */
    private static int managementPort(ConfigurableEnvironment environment) {
        var property = "management.server.port";
        return NONE.equals(environment.getProperty(property)) ? -1 : port(environment, property);
    }

    private static int port(ConfigurableEnvironment environment, String property) {
        var written = environment.getProperty(property, "").strip();
        if (!written.matches("\\d{1,5}") || Integer.parseInt(written) > HIGHEST_PORT) {
            throw new StartFailure(StartFailure.variable(property) + " is " + written
                    + "; it has to be a number from 0, which is any free port, to " + HIGHEST_PORT);
        }
        return Integer.parseInt(written);
    }

    /** After the configuration files have been read. */
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }
}
