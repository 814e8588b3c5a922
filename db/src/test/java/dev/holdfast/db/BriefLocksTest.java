package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A new build starts while people write. */
class BriefLocksTest {

    private static final String ENDLESS_VACUUM = """
            alter table chat.message set (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
              autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)
            """;

    private static final String DEAD_ROWS = """
            do $$
            begin
              insert into chat.account (handle, display_name, kind) values ('mira', 'Mira', 'human');
              insert into chat.channel (name) values ('general');
              insert into chat.message (channel_id, author_id, content)
              select c.id, a.id, repeat('hello ', 100) from chat.channel c, chat.account a, generate_series(1, 1000);
              delete from chat.message where position > 500;
            end
            $$
            """;

    private static final String VACUUMS = """
            select count(*) from pg_locks
            where relation = 'chat.message'::regclass and mode = 'ShareUpdateExclusiveLock' and granted
            """;

    private static final String ENDED_VACUUMS =
            "select autovacuum_count from pg_stat_user_tables where relid = 'chat.message'::regclass";

    @AutoClose
    private final Chat chat = new Chat();

    private final Migrations later = OtherBuild.of(chat.database().dataSource(), Duration.ofHours(1), Map.of());

    @BeforeEach
    void triggers_that_have_changed() {
        chat.channel("other");
        chat.post("mira", "hello");
        forget(chat.jdbc);
    }

    @Test
    void people_go_on_posting_while_a_migration_tries_to_get_past_a_write_that_somebody_left_open() throws Exception {
        CompletableFuture<?> migrating;
        var longest = new CompletableFuture<Duration>();
        try (var psql = leftOpen("update chat.message set content = 'good morning'")) {
            migrating = CompletableFuture.supplyAsync(later::migrate);
            var done = new AtomicBoolean();
            Thread.ofPlatform().start(() -> longest.completeAsync(() -> longestPost(done), Runnable::run));
            var tries = new HashSet<Integer>();
            while (tries.size() < 3 && !migrating.isDone()) tries.addAll(waiting());
            done.set(true);
            psql.rollback();
        }
        assertThat(longest.get(30, TimeUnit.SECONDS)).isLessThan(Duration.ofSeconds(2));
        migrating.get(30, TimeUnit.SECONDS);
        assertThat(later.missing()).isEmpty();
        assertThat(later.flyway().info().pending()).isEmpty();
        assertThat(chat.count("chat.flyway_history where not success")).isZero();
    }

    @Test
    void a_migration_that_gives_up_names_who_is_in_the_way_and_the_next_start_does_the_rest() throws Exception {
        try (var psql = leftOpen(
                        "update chat.message\nset content = 'good morning'", "set application_name = 'lunch'");
                var reader = leftOpen("select * from chat.message")) {
            assertThatThrownBy(() -> later.migrate(Duration.ZERO))
                    .isInstanceOf(FlywayException.class)
                    .message()
                    .contains("R__10_channel_seq.sql", pid(psql) + "(postgres; lunch; since 20", "chat.message")
                    .contains("last: update chat.message set content = 'good morning')", "pg_terminate_backend")
                    .doesNotContain(pid(reader));
            psql.rollback();
        }
        later.migrate(Duration.ZERO);
        assertThat(later.missing()).isEmpty();
    }

    @Test
    void a_migration_that_gives_up_names_who_reads_a_view_that_is_made_anew() throws Exception {
        try (var reader = leftOpen("select count(*) from ops.stuck")) {
            assertThatThrownBy(() -> later.migrate(Duration.ZERO)).message().contains("R__8", pid(reader), "ops.stuck");
        }
        later.migrate(Duration.ZERO);
    }

    @Test
    void a_migration_that_gives_up_names_what_somebody_has_prepared() throws Exception {
        try (var psql = leftOpen("lock chat.message in row exclusive mode")) {
            execute(psql, "prepare transaction 'forgotten'");
            psql.setAutoCommit(true);
            assertThatThrownBy(() -> later.migrate(Duration.ZERO))
                    .message()
                    .contains("R__10_channel_seq.sql", "the prepared transaction 'forgotten' (postgres; since 20");
            execute(psql, "rollback prepared 'forgotten'");
        }
        later.migrate(Duration.ZERO);
    }

    @Test
    @DisabledIfSystemProperty(named = "postgres", matches = "docker", disabledReason = "a second server is embedded")
    void an_autovacuum_makes_way_for_a_migration_of_an_ordinary_owner() {
        var server = TestServer.embedded();
        try {
            var database = server.ordinary();
            new Migrations(database.dataSource()).migrate();
            var jdbc = database.jdbc();
            jdbc.sql(ENDLESS_VACUUM).update();
            jdbc.sql(DEAD_ROWS).update();
            var administrator = server.database("postgres").jdbc();
            administrator.sql("alter system set autovacuum_naptime = '1s'").update();
            administrator.sql("select pg_reload_conf()").query().singleRow();
            while (jdbc.sql(VACUUMS).query(Integer.class).single() == 0) Thread.onSpinWait();
            forget(jdbc);
            var later = OtherBuild.of(database.dataSource(), Duration.ofHours(1), Map.of());

            later.migrate(Duration.ZERO);

            assertThat(later.missing()).isEmpty();
            assertThat(jdbc.sql(ENDED_VACUUMS).query(Integer.class).single()).isZero();
        } finally {
            server.stop().run();
        }
    }

    /** Then the next build makes all functions and triggers anew. */
    private static void forget(JdbcClient jdbc) {
        jdbc.sql("update chat.flyway_history set checksum = 1 where version is null")
                .update();
    }

    private Duration longestPost(AtomicBoolean done) {
        var longest = Duration.ZERO;
        while (!done.get()) {
            var asked = System.nanoTime();
            chat.postIn("other", "mira", "hello");
            var took = Duration.ofNanos(System.nanoTime() - asked);
            if (took.compareTo(longest) > 0) longest = took;
        }
        return longest;
    }

    /** Each try has connections of its own. */
    private List<Integer> waiting() {
        return chat.jdbc.sql("""
                select pid from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and query like 'create or replace trigger%'
                """).query(Integer.class).list();
    }

    private Connection leftOpen(String sql, String... before) throws SQLException {
        var psql = chat.database().dataSource().getConnection();
        try (var statement = psql.createStatement()) {
            for (var setting : before) statement.execute(setting);
            psql.setAutoCommit(false);
            statement.execute(sql);
        }
        return psql;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String pid(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("select 'pid ' || pg_backend_pid() || ' '")) {
            rows.next();
            return rows.getString(1);
        }
    }
}
