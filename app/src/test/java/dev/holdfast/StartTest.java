package dev.holdfast;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.db.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.mock.env.MockEnvironment;

@Isolated("what it captures is the whole JVM's")
@ExtendWith(OutputCaptureExtension.class)
class StartTest {

    private static final String ENVIRONMENT = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(delimiter = '|', textBlock = """
            HOLDFAST_WORKER_SLOTS   | many      | number
            HOLDFAST_WORKER_SLOTS   | 0         | between 1 and
            HOLDFAST_WEB_CONNECTIONS | 1        | between 2 and
            HOLDFAST_WORKER_CONNECTIONS | 2     | between 3 and
            HOLDFAST_WORKER_SLOTS   | 9999999999 | number
            HOLDFAST_FLUSH_INTERVAL | fast      | 25ms
            HOLDFAST_FLUSH_INTERVAL | 0ms       | between 1ms
            HOLDFAST_LEASE          | 10parsecs | 10s
            HOLDFAST_LEASE          | 10        | between 1000ms
            HOLDFAST_DRAIN_TIMEOUT  | -1000ms   | between 0ms
            HOLDFAST_ROLE           | boss      | all, web, worker
            HOLDFAST_HOME           | ./data    | from / on
            HOLDFAST_HOME           | ~/data    | from / on
            HOLDFAST_HOME           | .         | from / on
            SERVER_PORT             | eighty    | 65535
            SERVER_PORT             | 70000     | 65535
            SERVER_PORT             | 8081      | MANAGEMENT_SERVER_PORT
            MANAGEMENT_SERVER_PORT  | 70000     | 65535
            """)
    void a_wrong_setting_stops_the_start_at_once_with_one_line_that_names_it(
            String variable, String value, String remedy, CapturedOutput printed) {
        refuse(Map.of(variable, value));
        assertThat(printed.toString().lines())
                .singleElement()
                .asString()
                .startsWith("Holdfast did not start: ")
                .contains(variable, value, remedy);
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(delimiter = '|', textBlock = """
            HOLDFAST_DATABASE_URL | mysql://mira:hush@db/chat                   | postgresql://
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@db                   | no database
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@db:70000/chat        | 65535
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@db/chat?sslmode=some | verify-full
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@db/chat?timeout=3    | sslmode, sslrootcert
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@db/chat?sslmode=verify-ca&sslrootcert=/no/root.crt | /no/root.crt cannot be read
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@db/chat?sslmode=verify-full | sslrootcert=
            HOLDFAST_DATABASE_URL | postgresql://mira:hush%zz@db/chat           | percent-encoded
            HOLDFAST_DATABASE_URL | postgresql://mira:hush#1@db/chat            | percent-encoded
            HOLDFAST_DATABASE_URL | postgresql://mira:12#hush@db/chat           | percent-encoded
            HOLDFAST_DATABASE_URL | postgresql://mira:12/hush@db/chat           | percent-encoded
            HOLDFAST_DATABASE_URL | postgresql://mira:12?hush@db/chat           | percent-encoded
            HOLDFAST_DATABASE_URL | postgresql://mira:12@hush@db/chat           | percent-encoded
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@db:999999999999/chat | 65535
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@:5432/chat           | no host
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@127.0.0.1:1/chat     | does not answer
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@my_db:1/chat         | does not answer
            HOLDFAST_DATABASE_URL | postgresql://mira:hush@[::1]:1/chat         | does not answer
            """)
    void a_wrong_address_of_the_database_is_told_in_one_line_without_its_password(
            String variable, String value, String remedy, CapturedOutput printed) {
        refuse(Map.of(variable, value));
        assertThat(printed.toString()).doesNotContain("\tat ", "hush");
        assertThat(printed.getErr().lines()).singleElement().asString().contains(variable, remedy);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SERVER_ADDRESS", "MANAGEMENT_SERVER_ADDRESS"})
    void an_address_that_the_machine_does_not_have_is_told_in_one_line(String variable, CapturedOutput printed) {
        refuse(Map.of(
                "HOLDFAST_DATABASE_URL",
                TestPostgres.create().url(),
                "SERVER_PORT",
                "0",
                "MANAGEMENT_SERVER_PORT",
                "0",
                variable,
                "192.0.2.1"));
        assertThat(printed.toString()).doesNotContain("\tat ");
        assertThat(printed.getErr().lines()).singleElement().asString().contains("192.0.2.1", variable);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SQL_ASCII", "LATIN1"})
    void a_database_that_cannot_hold_every_text_is_refused_before_anything_is_in_it(
            String encoding, CapturedOutput printed) {
        var database = TestPostgres.server()
                .createDatabase(
                        "in_" + encoding.toLowerCase(Locale.ROOT),
                        "encoding '" + encoding + "' locale 'C' template template0");
        refuse(Map.of("HOLDFAST_DATABASE_URL", database.url()));
        assertThat(printed.getErr().lines()).singleElement().asString().contains(encoding, "encoding 'UTF8'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HOLDFAST_ADMIN_PASSWORD", "HOLDFAST_HOME", "OPENAI_API_KEY"})
    void what_the_locale_made_unreadable_is_refused(String variable, CapturedOutput printed) {
        refuse(Map.of(variable, "/p\uFFFD\uFFFDsswort99"));
        assertThat(printed.toString().lines())
                .singleElement()
                .asString()
                .startsWith("Holdfast did not start: " + variable + " cannot be read")
                .contains("LC_ALL=C.UTF-8");
    }

    @Test
    void a_home_that_nothing_will_be_in_may_be_written_as_it_likes(CapturedOutput printed) {
        refuse(Map.of("HOLDFAST_HOME", "data", "HOLDFAST_DATABASE_URL", "postgresql://mira:hush@127.0.0.1:1/chat"));
        assertThat(printed.getErr().lines()).singleElement().asString().contains("does not answer");
    }

    @Test
    void what_is_no_option_stops_the_start(CapturedOutput printed) {
        refuse(Map.of(), "--server.port=0", "worker");
        assertThat(printed.toString().lines())
                .singleElement()
                .asString()
                .startsWith("Holdfast did not start: worker ")
                .contains("--help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "help"})
    void help_names_every_variable_of_the_readme_with_its_default_and_starts_nothing(
            String asked, CapturedOutput printed) throws IOException {
        HoldfastApplication.main(new String[] {asked});
        var named = new ArrayList<String>();
        var defaults = new HashMap<String, String>();
        for (var line : Files.readAllLines(Path.of("../README.md"))) {
            if (!line.matches("\\| [A-Z]+_.*")) continue;
            var cells = line.replace("`", "").split("\\|");
            var variables = cells[1].strip().split(", ");
            var values = cells[3].strip().split(", ");
            for (var n = 0; n < variables.length; n++) {
                if (variables[n].matches("HOLDFAST_LIMITS_.*|….*")) continue;
                named.add(variables[n]);
                // the others are told in words
                if (n < values.length && values[n].matches("all|~.*|\\d+\\w*")) defaults.put(variables[n], values[n]);
            }
        }
        assertThat(named).hasSizeGreaterThan(15);
        assertThat(defaults).hasSizeGreaterThan(9);
        assertThat(printed.getErr()).isEmpty();
        var told = printed.getOut()
                .lines()
                .map(String::strip)
                .collect(toMap(line -> line.split(" ")[0], line -> line, (first, second) -> first));
        assertThat(told).containsKeys(named.toArray(String[]::new));
        assertThat(defaults)
                .allSatisfy((variable, value) -> assertThat(told.get(variable)).endsWith("; " + value));
        assertThat(printed.getOut()).doesNotContain("is ready");
    }

    @Test
    void a_blank_variable_counts_as_unset(CapturedOutput printed) {
        refuse(Map.of(
                "HOLDFAST_WORKER_SLOTS", "",
                "HOLDFAST_LEASE", " ",
                "SERVER_PORT", "",
                "MANAGEMENT_SERVER_PORT", "70000"));
        assertThat(printed.toString().lines())
                .singleElement()
                .asString()
                .startsWith("Holdfast did not start: MANAGEMENT_SERVER_PORT is 70000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"worker", " worker", "Worker\n"})
    void a_worker_serves_no_page_however_its_role_is_written(String role) {
        var environment = new MockEnvironment().withProperty("holdfast.role", role);
        new WorkerRole().postProcessEnvironment(environment, new SpringApplication());
        assertThat(environment.getProperty("server.port")).isEqualTo("-1");
        assertThat(environment.getProperty("holdfast.role")).isEqualTo("worker");
    }

    private static void refuse(Map<String, Object> variables, String... arguments) {
        var environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .replace(ENVIRONMENT, new SystemEnvironmentPropertySource(ENVIRONMENT, variables));
        assertThatThrownBy(() -> new SpringApplicationBuilder(HoldfastApplication.class)
                        .environment(environment)
                        .registerShutdownHook(false)
                        .run(arguments))
                .isInstanceOf(RuntimeException.class);
    }
}
