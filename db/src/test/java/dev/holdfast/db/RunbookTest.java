package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.holdfast.db.TestPostgres.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every block of SQL in ops/runbook.md runs against a database that has the section's symptom. */
@Order(1)
class RunbookTest {

    private static final Path OPS = Path.of("..", "ops");
    private static final Pattern SECTION =
            Pattern.compile("(?m)^## (.+)\\n<!-- symptom: (\\w+)(, mends)? -->\\n([\\s\\S]*?)(?=^## |\\z)");
    private static final Pattern BLOCK = Pattern.compile("```sql\\n([\\s\\S]*?)```");

    private static final String AS_THE_OWNER = "-- as the owner\n";

    @AutoClose
    private final QueueFixture queue = new QueueFixture();

    record Section(String heading, String symptom, boolean mends, List<Statement> statements) {

        @Override
        public String toString() {
            return heading + " (" + symptom + ")";
        }
    }

    record Statement(String sql, boolean owners) {}

    static List<Section> sections() throws IOException {
        var found = new ArrayList<Section>();
        var sections = SECTION.matcher(Files.readString(OPS.resolve("runbook.md")));
        while (sections.find()) {
            var statements = new ArrayList<Statement>();
            BLOCK.matcher(sections.group(4)).results().forEach(block -> statements.addAll(statements(block.group(1))));
            found.add(new Section(sections.group(1), sections.group(2), sections.group(3) != null, statements));
        }
        return found;
    }

    @ParameterizedTest
    @MethodSource("sections")
    void the_session_finds_and_mends(Section section) throws SQLException {
        findsAndMends(section, null);
    }

    @ParameterizedTest
    @MethodSource("sections")
    @Tag("slow")
    void so_does_that_of_an_operator_but_for_what_is_marked_as_the_owners(Section section)
            throws IOException, SQLException {
        makeLogins();
        findsAndMends(section, "operator");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HoldfastNotifyQueueFills", "HoldfastTransactionOld"})
    void an_operator_sees_who_sits_in_an_open_transaction(String alert) throws IOException, SQLException {
        makeLogins();
        var finds = statement(alert, "from pg_stat_activity");
        try (Connection sits = queue.database.dataSource().getConnection();
                var statement = sits.createStatement()) {
            sits.setAutoCommit(false);
            statement.execute("listen somebody");
            statement.execute("select pg_current_xact_id()::text");
            assertThat(run(List.of(finds), "operator")).as("rows of: " + finds).isPositive();
        }
    }

    @Test
    void an_operator_sees_and_ends_a_login_that_lets_no_worker_claim() throws IOException, SQLException {
        makeLogins();
        queue.ask("general", "@ada hello");
        var other = TestPostgres.server().ordinary();
        var login = new TestDatabase(other.host(), other.port(), queue.database.name(), other.user(), other.password());
        try (var theirs = login.dataSource().getConnection();
                var lock = theirs.createStatement();
                var operator = queue.database.dataSource().getConnection();
                var session = operator.createStatement()) {
            lock.execute("select pg_advisory_lock(7211, 0)::text");
            session.execute("set lock_timeout = '100ms'");
            assertThatThrownBy(() -> session.execute("select chat.claim(%d, 1, '1 minute')".formatted(queue.worker)))
                    .hasMessageContaining("lock timeout");
            session.execute("set session authorization operator");
            var found = session.executeQuery(statement("Slots are free and nothing starts", "from pg_locks")
                    .sql());
            assertThat(found.next()).isTrue();
            assertThat(found.getString("usename")).isEqualTo(login.user());
            session.execute("select pg_terminate_backend(" + found.getInt("pid") + ")");
            assertThat(queue.claim()).hasSize(1);
        }
    }

    private static Statement statement(String heading, String containing) throws IOException {
        return sections().stream()
                .filter(section -> section.heading().equals(heading))
                .flatMap(section -> section.statements().stream())
                .filter(each -> each.sql().contains(containing))
                .findFirst()
                .orElseThrow();
    }

    private void makeLogins() throws IOException, SQLException {
        run(statements(snippet(OPS.resolve("sql/logins.sql"))), null);
    }

    private void findsAndMends(Section section, String login) throws SQLException {
        symptom(section.symptom());
        var found = run(section.statements(), login);
        if (!section.symptom().equals("healthy"))
            assertThat(found).as("rows of: " + section.statements().getFirst()).isPositive();
        if (!section.mends()) return;
        queue.claim(); // what may run now, runs
        assertThat(queue.texts("select reason from ops.stuck")).isEmpty();
    }

    @Test
    void every_alert_has_its_heading() throws IOException {
        var headings = sections().stream().map(Section::heading).toList();
        var alerts = Pattern.compile("- alert: (\\w+)")
                .matcher(Files.readString(OPS.resolve("prometheus/holdfast.alerts.yml")))
                .results()
                .map(alert -> alert.group(1))
                .toList();
        assertThat(alerts).isNotEmpty().isSubsetOf(headings);
        assertThat(headings.stream().filter(heading -> heading.startsWith("Holdfast")))
                .isSubsetOf(alerts);
        assertThat(Files.readString(OPS.resolve("runbook.md")).split("\n## "))
                .as("sections, each with its symptom")
                .hasSize(headings.size() + 1);
    }

    @Test
    void the_session_for_failed_replies_shows_all_that_its_alert_counts() throws IOException {
        symptom("failed_for_days");
        var section = sections().stream()
                .filter(each -> each.heading().equals("HoldfastFailedWait"))
                .findFirst()
                .orElseThrow();
        var shown = section.statements().getFirst().sql().replaceAll("(?s);\\s*$", "");
        assertThat(queue.texts("select sum(count)::text from (" + shown + ") s"))
                .isEqualTo(queue.texts("select sum(failed)::text from ops.queue"))
                .containsExactly("4");
    }

    @Test
    void the_snippets_run() throws IOException, SQLException {
        symptom("failed");
        try (var files = Files.list(OPS.resolve("sql"))) {
            for (var file : files.sorted().toList()) {
                run(statements(snippet(file)), null);
            }
        }
    }

    /** Without psql's commands and comments. */
    private static String snippet(Path file) throws IOException {
        return Files.readString(file).replaceAll("(?m)^\\\\.*$", "").replaceAll("(?m)--.*$", "");
    }

    /**
     * @param login runs what is not the owner's; null: the owner runs it all
     * @return the rows of the first statement
     */
    private int run(List<Statement> statements, String login) throws SQLException {
        var rowsOfFirst = -1;
        try (Connection connection = queue.database.dataSource().getConnection();
                var statement = connection.createStatement()) {
            for (var each : statements) {
                var rows = 0;
                try {
                    if (login != null)
                        statement.execute(
                                each.owners() ? "reset session authorization" : "set session authorization " + login);
                    if (statement.execute(each.sql())) {
                        try (var results = statement.getResultSet()) {
                            while (results.next()) rows++;
                        }
                    }
                } catch (SQLException e) {
                    fail(each.sql(), e);
                }
                if (rowsOfFirst < 0) rowsOfFirst = rows;
            }
        }
        return rowsOfFirst;
    }

    /** Up to each semicolon at a line's end, outside a dollar-quoted body. */
    private static List<Statement> statements(String block) {
        var owners = block.startsWith(AS_THE_OWNER);
        var statements = new ArrayList<Statement>();
        var current = new StringBuilder();
        var quoted = false;
        for (var line : block.split("\n")) {
            current.append(line).append('\n');
            if (line.contains("$$")) quoted = !quoted;
            if (line.stripTrailing().endsWith(";") && !quoted) {
                statements.add(new Statement(current.toString().strip(), owners));
                current.setLength(0);
            }
        }
        assertThat(current.toString().strip())
                .as("a statement without its semicolon")
                .isEmpty();
        return statements;
    }

    private void symptom(String symptom) {
        switch (symptom) {
            case "healthy" -> queue.completed("@ada hello");
            case "lease_expired" -> {
                queue.ask("general", "@ada hello");
                queue.claim();
                queue.jdbc
                        .sql("update chat.generation set lease_until = now() - interval '20 seconds'")
                        .update();
                queue.jdbc
                        .sql("update chat.worker set last_seen_at = now() - interval '30 seconds'")
                        .update();
            }
            case "no_progress" -> {
                queue.ask("general", "@ada hello");
                queue.claim();
                queue.jdbc
                        .sql(
                                "update chat.generation set claimed_at = now() - interval '2 minutes', first_token_at = now() - interval '90 seconds'")
                        .update();
            }
            case "paused" -> {
                queue.rows("select ops.pause_agent('ada')");
                queue.ask("general", "@ada hello");
                old();
            }
            case "draining" -> {
                queue.rows("select ops.drain_worker('web-1')");
                queue.ask("general", "@ada hello");
                old();
            }
            case "lock_held" -> {
                queue.ask("general", "@ada hello");
                old();
                queue.rows("select pg_advisory_lock(7211, 0)::text");
            }
            case "no_worker" -> {
                queue.ask("general", "@ada hello");
                old();
                queue.jdbc
                        .sql("update chat.worker set last_seen_at = now() - interval '1 minute'")
                        .update();
            }
            case "lost_password" ->
                queue.jdbc
                        .sql(
                                "insert into chat.credential (account_id, password_hash) select id, 'lost' from chat.account where handle = 'mira'")
                        .update();
            case "clock_set_back" -> {
                queue.ask("general", "@ada hello");
                queue.jdbc
                        .sql(
                                "update chat.generation set queued_at = now() + interval '1 hour', run_at = now() + interval '1 hour'")
                        .update();
            }
            case "failed" -> {
                for (var i = 0; i < 5; i++) queue.failed("@ada number " + i);
            }
            case "failed_for_days" -> {
                for (var i = 0; i < 5; i++) queue.failed("@ada number " + i);
                queue.jdbc
                        .sql("update chat.generation set finished_at = now() - interval '8 days' where id < 3")
                        .update();
                queue.jdbc
                        .sql("select chat.delete_message(message_id, person_id) from chat.generation where id = 5")
                        .query(String.class)
                        .single();
            }
            case "queue_long" -> {
                queue.askOften(200);
                old();
            }
            case "rate_limited" -> {
                queue.ask("general", "@ada hello");
                queue.claim();
                queue.jdbc
                        .sql(
                                "select chat.fail(worker_id, message_id, fence, 'rate limited', 'rate_limited', interval '20 seconds', null, true) from chat.generation")
                        .query(String.class)
                        .list();
            }
            case "busy" -> {
                queue.askOften(8);
                queue.claim();
            }
            default -> fail("The runbook names a symptom that nobody can make: " + symptom);
        }
    }

    private void old() {
        queue.jdbc
                .sql("update chat.generation set queued_at = now() - interval '3 minutes' where state = 'queued'")
                .update();
    }
}
