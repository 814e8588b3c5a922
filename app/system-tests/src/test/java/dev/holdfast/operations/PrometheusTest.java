package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testing.Fault;
import dev.holdfast.testing.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.json.JsonMapper;

/** What Prometheus makes of a running Holdfast under load, and of the alerts' unit tests. */
@ResourceLock(Running.SHARED)
class PrometheusTest {

    private static final Pattern EXPRESSION = Pattern.compile("(?m)^ +expr: (?:\"(.*)\"|(.*))$");
    private static final Pattern METRIC = Pattern.compile(
            "\\b(?:[a-z_]+:holdfast_[a-z_]+|holdfast_[a-z_]+|holdfast:[a-z_]+)(?::[a-z0-9_]+)*|\\bdisk_\\w+|\\bup\\b");

    /** The names that people script against, as a scrape has them. */
    private static final List<String> PROMISED = List.of(
            "holdfast_queue_depth{agent!='',state=~'queued|running|failed'}",
            "holdfast_queue_oldest_age_seconds{agent!=''}",
            "holdfast_claim_latency_seconds_bucket",
            "holdfast_time_to_first_token_seconds_bucket{agent!=''}",
            "holdfast_generation_seconds_bucket{agent!='',outcome!=''}",
            "holdfast_generations_total{agent!='',outcome!=''}",
            "holdfast_tokens_total{agent!='',direction=~'input|output'}",
            "holdfast_slots{state!=''}",
            "holdfast_heartbeat_age_seconds",
            "holdfast_leases_expired_total",
            "holdfast_fenced_writes_total",
            "holdfast_retries_total{reason!=''}",
            "holdfast_flush_seconds_bucket",
            "holdfast_flush_chunks_count",
            "holdfast_flush_bytes_total",
            "holdfast_feed_clients",
            "holdfast_feed_lag_seconds_bucket",
            "holdfast_feed_dropped_clients_total",
            "holdfast_feed_unsent_bytes",
            "holdfast_feed_resyncs_total",
            "holdfast_listener_connected",
            "holdfast_listener_reconnects_total",
            "holdfast_notify_queue_usage",
            "holdfast_oldest_transaction_age_seconds");

    @Test
    void every_alert_fires_on_its_symptom_and_none_without() {
        var promtool = Prometheus.program("promtool");
        assumeTrue(promtool.isPresent(), "promtool is not here; install Debian's package prometheus");
        Prometheus.run(
                60,
                promtool.get().toString(),
                "check",
                "config",
                Prometheus.OPS.resolve("prometheus/prometheus.yml").toString());
        Prometheus.run(
                60,
                promtool.get().toString(),
                "check",
                "config",
                Prometheus.OPS.resolve("prometheus/compose.yml").toString());
        assertThat(Prometheus.run(
                        60,
                        promtool.get().toString(),
                        "test",
                        "rules",
                        Prometheus.OPS.resolve("prometheus/holdfast.test.yml").toString()))
                .contains("SUCCESS");
    }

    @Test
    void every_expression_of_every_panel_and_rule_returns_data_under_load() throws IOException, InterruptedException {
        var program = Prometheus.program("prometheus");
        assumeTrue(program.isPresent(), "prometheus is not here; install Debian's package prometheus");
        var running = Running.shared();
        running.models.on(
                "ada-model",
                Script.says("one two three four five six seven eight nine ten").pace(30));
        running.models.on("bert-model", Script.fails(Fault.RATE_LIMITED).retryAfter("1"));
        var expressions = new ArrayList<>(panels());
        expressions.addAll(rules("prometheus/holdfast.rules.yml"));
        var metrics = new TreeSet<String>();
        rules("prometheus/holdfast.alerts.yml")
                .forEach(alert -> METRIC.matcher(alert).results().forEach(found -> metrics.add(found.group())));
        assertThat(expressions).hasSizeGreaterThan(30);
        assertThat(metrics).hasSizeGreaterThan(15);
        metrics.forEach(metric -> expressions.add("count(" + metric + ")"));
        expressions.addAll(PROMISED);
        try (var browser = running.browser();
                var prometheus = Prometheus.start(program.get(), running.managementPorts())) {
            var until = System.nanoTime() + Duration.ofSeconds(90).toNanos();
            var empty = new ArrayList<>(expressions);
            // each has to have data at some moment; a rate needs two scrapes, a quantile something that was measured
            while (!empty.isEmpty() && System.nanoTime() < until) {
                running.ask("mira", "@ada hello");
                running.ask("noor", "@bert hello");
                Thread.sleep(200);
                empty.removeIf(expression -> !prometheus.query(expression).isEmpty());
            }
            assertThat(empty).as("expressions without data").isEmpty();
        }
        System.out.println(expressions.size() + " expressions of panels and rules returned data");
        running.cancelAll();
    }

    private static List<String> panels() throws IOException {
        var found = new ArrayList<String>();
        try (var boards = Files.list(Prometheus.OPS.resolve("grafana/dashboards"))) {
            for (var board : boards.sorted().toList()) {
                for (var panel :
                        new JsonMapper().readTree(Files.readString(board)).path("panels")) {
                    for (var target : panel.path("targets")) {
                        found.add(target.path("expr").asString().replace("$__rate_interval", "30s"));
                    }
                }
            }
        }
        return found;
    }

    private static List<String> rules(String file) throws IOException {
        return EXPRESSION
                .matcher(Files.readString(Prometheus.OPS.resolve(file)))
                .results()
                .map(found -> found.group(1) != null ? found.group(1).replace("\\\"", "\"") : found.group(2))
                .toList();
    }
}
