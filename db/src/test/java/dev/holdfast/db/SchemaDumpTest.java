package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Holds db/schema.sql, the schema that all migrations together make, as one page to read and to review. The same on every
 * version of PostgreSQL. (pg_dump is not among the embedded binaries, and its output differs from version to version.)
 */
class SchemaDumpTest {

    private static final Path GOLDEN = Path.of("schema.sql");

    @Test
    void the_migrations_make_the_schema_that_is_written_down() throws IOException {
        String made = dump();
        if (Boolean.getBoolean("schema.write")) {
            Files.writeString(GOLDEN, made);
        }
        assertThat(Files.readString(GOLDEN))
                .as(
                        "db/schema.sql is not what the migrations make; review the difference, then: ./mvnw -pl db test -Dtest=SchemaDumpTest -Dschema.write=true")
                .isEqualTo(made);
    }

    private static String dump() {
        return "-- Made from the catalogs of a migrated database; to renew it: ./mvnw -pl db test -Dtest=SchemaDumpTest -Dschema.write=true\n\n"
                + String.join(
                        "\n\n",
                        TestPostgres.create()
                                .jdbc()
                                .sql(CATALOG)
                                .query(String.class)
                                .list()) + "\n";
    }

    private static final String CATALOG = """
            with ours as (
              select oid, nspname from pg_namespace where nspname in ('chat', 'ops')
            ), relation as (
              select c.oid, o.nspname || '.' || c.relname as name, c.relkind, c.reloptions,
                case when c.relkind = 'v' then 'view' else 'table' end as kind
              from pg_class c join ours o on o.oid = c.relnamespace
              where c.relkind in ('r', 'v') and c.relname <> 'flyway_history'
            ), line as (
              select r.oid, 1 as part, a.attnum::integer as place,
                '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                || case when a.attnotnull then ' not null' else '' end
                || case when a.attidentity = 'a' then ' generated always as identity' else '' end
                || case when d.adbin is null then '' when a.attgenerated = 's' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
                   else ' default ' || pg_get_expr(d.adbin, d.adrelid) end
                || coalesce('  -- ' || col_description(r.oid, a.attnum), '') as text
              from relation r
              join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
              left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
              union all
              select r.oid, 2, row_number() over (partition by r.oid order by c.contype = 'p' desc, c.contype = 'u' desc, c.conname)::integer,
                '  constraint ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
              from relation r join pg_constraint c on c.conrelid = r.oid and c.contype in ('p', 'u', 'c', 'f', 'x')
              union all
              select r.oid, 3, row_number() over (partition by r.oid order by i.indexrelid::regclass::text collate "C")::integer,
                '  ' || pg_get_indexdef(i.indexrelid) || coalesce('  -- ' || obj_description(i.indexrelid, 'pg_class'), '')
              from relation r join pg_index i on i.indrelid = r.oid
              where not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
              union all
              select r.oid, 4, row_number() over (partition by r.oid order by t.tgname)::integer, '  ' || pg_get_triggerdef(t.oid)
              from relation r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
            ), thing as (
              select 1 as rank, r.name, r.kind || ' ' || r.name || coalesce(' with (' || array_to_string(r.reloptions, ', ') || ')', '')
                || coalesce(E'\\n  -- ' || obj_description(r.oid, 'pg_class'), '') || E'\\n'
                || (select string_agg(l.text, E'\\n' order by l.part, l.place) from line l where l.oid = r.oid) as text
              from relation r
              union all
              select 2, o.nspname || '.' || p.proname || ' ' || pg_get_function_identity_arguments(p.oid),
                'function ' || o.nspname || '.' || p.proname || '(' || pg_get_function_arguments(p.oid) || ')'
                || E'\\n  returns ' || pg_get_function_result(p.oid) || ' language ' || l.lanname
                || case p.provolatile when 'i' then ' immutable' when 's' then ' stable' else '' end
                || case when p.prosecdef then ' security definer' else '' end
                || coalesce(' set ' || array_to_string(p.proconfig, ' set '), '')
                || coalesce(E'\\n  -- ' || obj_description(p.oid, 'pg_proc'), '')
              from pg_proc p join ours o on o.oid = p.pronamespace join pg_language l on l.oid = p.prolang
            )
            select text from thing order by rank, name collate "C"
            """;
}
