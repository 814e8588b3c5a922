package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.HoldfastProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What can be seen of compose file, Dockerfile and Grafana's files without an engine: they fit together and fit the program. */
class ContainersTest {

    private static final Path OPS = Prometheus.OPS;
    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern DEFAULT = Pattern.compile("\\$\\{\\w+:-([^}]*)}");

    /** By the containers themselves. */
    private static final Set<String> DECIDED = Set.of(
            "HOLDFAST_DATABASE_URL",
            "HOLDFAST_HOME",
            "HOLDFAST_ROLE",
            "SERVER_PORT",
            "SERVER_ADDRESS",
            "MANAGEMENT_SERVER_PORT",
            "MANAGEMENT_SERVER_ADDRESS");

    private final Map<String, Map<String, Object>> services =
            ContainersTest.<Map<String, Map<String, Map<String, Object>>>>yaml("compose.yaml")
                    .get("services");

    @Test
    void the_program_starts_with_the_containers_environment_and_options_and_the_health_check_sees_it()
            throws IOException, InterruptedException {
        var dockerfile = Files.readString(OPS.resolve("Dockerfile"));
        var entry = json(dockerfile, "ENTRYPOINT");
        assertThat(dockerfile).contains("COPY app/target/holdfast.jar " + entry.getLast());
        assertThat(OPS.resolve("../app/target/holdfast.jar")).exists();
        assertThat(entry.subList(entry.size() - 2, entry.size())).containsExactly("-jar", "/opt/holdfast.jar");
        for (var service : List.of("web", "worker-1")) {
            var environment = environment(service);
            environment.remove("HOLDFAST_DATABASE_URL");
            var process = new HoldfastProcess(
                    "container-" + service,
                    environment.remove("HOLDFAST_ROLE"),
                    TestPostgres.create().url());
            environment.forEach(process::with);
            process.java(entry.subList(1, entry.size() - 2).toArray(String[]::new));
            try (process) {
                process.start();
                var check = new ProcessBuilder(json(dockerfile, "HEALTHCHECK.* CMD"));
                check.environment().put("MANAGEMENT_SERVER_PORT", "" + process.managementPort());
                assertThat(healthy(check)).as("the health check of %s", service).isTrue();
                process.kill();
                assertThat(healthy(check))
                        .as("the health check of %s, killed", service)
                        .isFalse();
            }
        }
    }

    @Test
    void a_program_that_is_out_of_memory_ends_and_is_started_again() throws IOException {
        var entry = json(Files.readString(OPS.resolve("Dockerfile")), "ENTRYPOINT");
        var options = new ArrayList<>(entry.subList(1, entry.size() - 2));
        options.add("-Xmx12m");
        try (var process = new HoldfastProcess(
                "container-small", "web", TestPostgres.create().url())) {
            process.java(options.toArray(String[]::new));
            assertThat(process.launch().awaitExit(Duration.ofSeconds(60))).isEqualTo(3);
        }
        for (var service : List.of("web", "worker-1", "worker-2")) {
            assertThat(services.get(service)).as(service).containsEntry("restart", "unless-stopped");
        }
    }

    @Test
    void what_is_mounted_exists_and_lies_where_it_is_looked_for() throws IOException {
        var targets = new ArrayList<String>();
        for (var service : List.of("prometheus", "grafana")) {
            for (var volume : list(services.get(service), "volumes")) {
                if (!volume.startsWith("./")) continue;
                assertThat(OPS.resolve(volume.split(":")[0])).as(volume).exists();
                targets.add(volume.split(":")[1]);
            }
        }
        var rules = ContainersTest.<Map<String, List<String>>>yaml("prometheus/compose.yml")
                .get("rule_files");
        assertThat(rules).isNotEmpty().allSatisfy(rule -> assertThat(targets).contains("/etc/prometheus/" + rule));
        var boards = Files.readString(OPS.resolve("grafana/provisioning/dashboards/holdfast.yaml"));
        assertThat(targets).anySatisfy(target -> assertThat(boards).contains("path: " + target));
        assertThat(Files.readString(OPS.resolve("grafana/provisioning/datasources/prometheus.yaml")))
                .contains("url: ${PROMETHEUS_URL}");
        assertThat(environment("grafana")).containsEntry("PROMETHEUS_URL", "http://prometheus:9090");
    }

    @Test
    void every_process_is_scraped_and_every_setting_of_the_readme_is_taken_from_env() throws IOException {
        var scraped = Files.readString(OPS.resolve("prometheus/compose.yml"));
        var settings = settings();
        assertThat(settings).hasSizeGreaterThan(20).containsAll(DECIDED);
        for (var service : services.keySet()) {
            if (!"holdfast".equals(services.get(service).get("image"))) continue;
            assertThat(scraped).contains("\"" + service + ":8081\"");
            var environment = (Map<?, ?>) services.get(service).get("environment");
            assertThat(settings)
                    .as(service)
                    .containsAll(
                            environment.keySet().stream().map(Object::toString).toList());
            for (var setting : settings) {
                if (DECIDED.contains(setting)) continue;
                if (setting.startsWith("HOLDFAST_ADMIN_") && !service.equals("web")) continue;
                assertThat(environment.get(setting))
                        .as("%s of %s", setting, service)
                        .isEqualTo("${" + setting + ":-}");
            }
        }
    }

    /** What the README names: in its table, where some share their beginning with the one before, and for proxies. */
    private static Set<String> settings() throws IOException {
        var readme = Files.readString(OPS.resolve("../README.md"));
        var found = new TreeSet<String>();
        for (var row : readme.lines().filter(line -> line.startsWith("| ")).toList()) {
            var first = "";
            for (var name : row.split("\\|")[1].strip().split(", ")) {
                if (!name.matches("[A-Z…][A-Z_]+")) break;
                if (first.isEmpty()) first = name;
                found.add(
                        name.startsWith("…")
                                ? first.substring(0, first.indexOf('_', "HOLDFAST_".length())) + name.substring(1)
                                : name);
            }
        }
        assertThat(readme).contains("SERVER_FORWARD_HEADERS_STRATEGY=");
        found.add("SERVER_FORWARD_HEADERS_STRATEGY");
        return found;
    }

    @Test
    void whoever_reaches_grafana_may_look_alone_and_finds_no_database() {
        assertThat(environment("grafana"))
                .containsEntry("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer")
                .containsEntry("GF_AUTH_DISABLE_LOGIN_FORM", "true")
                .containsEntry("GF_AUTH_BASIC_ENABLED", "false");
        for (var service : List.of("grafana", "prometheus")) {
            assertThat(networks(service)).as(service).doesNotContainAnyElementsOf(networks("postgres"));
        }
        assertThat(networks("grafana")).containsAnyElementsOf(networks("prometheus"));
        for (var service : List.of("web", "worker-1", "worker-2")) {
            assertThat(networks(service))
                    .as(service)
                    .containsAnyElementsOf(networks("postgres"))
                    .containsAnyElementsOf(networks("prometheus"));
        }
    }

    private List<String> networks(String service) {
        var named = services.get(service);
        return named.containsKey("networks") ? list(named, "networks") : List.of("default");
    }

    @Test
    void the_database_s_password_is_nobody_else_s_and_made_by_the_line_that_the_file_names(@TempDir Path checkout)
            throws IOException, InterruptedException {
        var file = Files.readString(OPS.resolve("compose.yaml"));
        assertThat(file.replaceAll("\\$\\{POSTGRES_PASSWORD:\\?[^}]+}", ""))
                .as("uses of the password that go without it")
                .doesNotContain("${POSTGRES_PASSWORD");
        var line = file.lines()
                .filter(each -> each.startsWith("#   (umask"))
                .findFirst()
                .orElseThrow();
        Files.createDirectory(checkout.resolve("ops"));
        assertThat(new ProcessBuilder("sh", "-c", line.substring(1))
                        .directory(checkout.toFile())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        var made = checkout.resolve("ops/.env");
        assertThat(made).content().matches("POSTGRES_PASSWORD=[0-9a-f]{48}\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rw-------");
    }

    @Test
    void no_container_s_log_fills_the_disk() {
        assertThat(services)
                .allSatisfy((name, service) ->
                        assertThat(service.get("logging")).as(name).asString().contains("max-size"));
    }

    @Test
    void every_panel_has_an_id_of_its_own_the_provisioned_source_and_the_unit_of_its_expressions() throws IOException {
        var sources = ContainersTest.<Map<String, List<Map<String, Object>>>>yaml(
                        "grafana/provisioning/datasources/prometheus.yaml")
                .get("datasources");
        for (var board : List.of("health", "throughput")) {
            var panels = JSON.readTree(Files.readString(OPS.resolve("grafana/dashboards/" + board + ".json")))
                    .path("panels");
            assertThat(panels.valueStream().map(panel -> panel.path("id").asInt()))
                    .as(board)
                    .doesNotHaveDuplicates()
                    .isNotEmpty();
            for (var panel : panels) {
                assertThat(panel.path("datasource").path("uid").asString())
                        .as(panel.path("title").asString())
                        .isEqualTo(sources.getFirst().get("uid"));
                assertThat(panel.path("fieldConfig")
                                .path("defaults")
                                .path("unit")
                                .asString())
                        .as(panel.path("title").asString())
                        .isIn(units(panel));
            }
        }
    }

    private static List<String> units(JsonNode panel) {
        var expressions = panel.path("targets").toString();
        if (expressions.contains("_seconds")) return List.of("s");
        if (expressions.contains("_bytes")) return List.of("bytes", "Bps");
        return List.of("short", "percentunit");
    }

    private Map<String, String> environment(String service) {
        var found = new TreeMap<String, String>();
        ((Map<?, ?>) services.get(service).get("environment"))
                .forEach((name, value) -> found.put(
                        name.toString(), DEFAULT.matcher(value.toString()).replaceAll("$1")));
        return found;
    }

    private static boolean healthy(ProcessBuilder check) throws IOException, InterruptedException {
        return check.redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private static List<String> json(String dockerfile, String instruction) {
        var found = Pattern.compile("(?m)^" + instruction + " (\\[.*])$").matcher(dockerfile);
        assertThat(found.find()).as(instruction).isTrue();
        return JSON.readTree(found.group(1))
                .valueStream()
                .map(JsonNode::asString)
                .toList();
    }

    private static List<String> list(Map<String, Object> service, String key) {
        return ((List<?>) service.get(key)).stream().map(Object::toString).toList();
    }

    private static <T> T yaml(String file) {
        try {
            return new Yaml().load(Files.readString(OPS.resolve(file)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
