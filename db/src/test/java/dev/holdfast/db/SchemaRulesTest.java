package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What every table, view, function and trigger of ours keeps to. */
class SchemaRulesTest {

    private static final JdbcClient JDBC = TestPostgres.create().jdbc();
    private static final String OURS = "in ('chat'::regnamespace, 'ops'::regnamespace)";

    /** A statement trigger cannot set a column; these do nothing else. */
    private static final Map<String, String> ROW_TRIGGERS = Map.of(
            "message_05_stays_where_it_is", "compares each row with itself",
            "message_10_insert_takes_seq", "sets seq and position",
            "agent_10_version", "sets version");

    @Test
    void every_table_view_and_index_says_what_it_is_for() {
        assertThat(
                        names(
                                "select c.oid::regclass::text from pg_class c where c.relnamespace " + OURS
                                        + " and c.relkind in ('r', 'v', 'm', 'p') and c.relname <> 'flyway_history' and obj_description(c.oid, 'pg_class') is null"))
                .as("tables and views without a comment")
                .isEmpty();
        assertThat(names(
                        "select i.indexrelid::regclass::text from pg_index i join pg_class t on t.oid = i.indrelid where t.relnamespace "
                                + OURS
                                + " and i.indpred is not null and obj_description(i.indexrelid, 'pg_class') is null"))
                .as("partial indexes that do not name the query they serve")
                .isEmpty();
    }

    /** By what it says a start knows that nothing is left to be done. */
    @Test
    void the_last_file_of_all_says_whose_build_it_is() {
        assertThat(names("select script from chat.flyway_history order by installed_rank"))
                .last()
                .isEqualTo("R__95_grants.sql");
    }

    @Test
    void every_function_says_what_it_does() {
        assertThat(names("select p.oid::regprocedure::text from pg_proc p where p.pronamespace " + OURS
                        + " and obj_description(p.oid, 'pg_proc') is null"))
                .isEmpty();
    }

    @Test
    void every_function_that_runs_as_its_owner_pins_its_search_path() {
        assertThat(
                        names(
                                "select p.oid::regprocedure::text from pg_proc p where p.pronamespace " + OURS
                                        + " and p.prosecdef and not exists (select from unnest(p.proconfig) c where c like 'search\\_path=%pg_temp')"))
                .isEmpty();
    }

    @Test
    void every_trigger_works_on_statements_but_those_that_set_or_guard_a_column() {
        assertThat(names("select t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace "
                        + OURS + " and not t.tgisinternal and t.tgtype & 1 = 1"))
                .containsExactlyInAnyOrderElementsOf(ROW_TRIGGERS.keySet());
        assertThat(names("select t.tgname from pg_trigger t where t.tgname in ('"
                        + String.join("','", ROW_TRIGGERS.keySet()) + "') and t.tgtype & 2 = 0"))
                .as("row triggers that run after the row, and so set and keep nothing")
                .isEmpty();
    }

    @Test
    void every_constraint_is_named_after_the_fact_that_it_guarantees() {
        assertThat(
                        names(
                                "select conrelid::regclass || ' ' || conname from pg_constraint where connamespace "
                                        + OURS
                                        + " and contype in ('c', 'f', 'u', 'x') and conrelid <> 'chat.flyway_history'::regclass and conname ~ '_(check|fkey|key|excl)[0-9]*$'"))
                .isEmpty();
    }

    @Test
    void tables_are_named_in_the_singular() {
        // Spring Session names this one
        assertThat(names("select relname from pg_class where relnamespace " + OURS
                        + " and relkind = 'r' and relname ~ 's$'"))
                .containsExactly("session_attributes");
    }

    private static List<String> names(String sql) {
        return JDBC.sql(sql).query(String.class).list();
    }
}
