package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.db.TestPostgres.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What ops/backup wrote comes back. Needs PostgreSQL's client programs, of the server's version or a later one. */
class BackupTest {

    private static final String LAST = "select content from chat.message order by position desc limit 1";

    /** A password in which nothing is as in an address. */
    private static final String ODD = "se\u00e9\\cr+t%@/:x";

    @TempDir
    Path folder;

    private final TestServer server = TestPostgres.server();

    @BeforeEach
    void theClientsAreHere() throws IOException, InterruptedException {
        int version = Integer.parseInt(one(server.database("postgres"), "show server_version_num")) / 10_000;
        assumeThat(clients())
                .as("the version of pg_dump; the server's is " + version)
                .isGreaterThanOrEqualTo(version);
    }

    @Test
    void an_ordinary_owner_gets_it_back_where_the_roles_are_somebody_elses() throws Exception {
        var owned = server.ordinary();
        new Migrations(owned.dataSource()).migrate();
        say(owned, "worth keeping");

        var again = emptied(server, owned);
        assertThat(restore(again, backup(owned))).startsWith("0 ").contains("1 messages");
        assertThat(one(again, LAST)).isEqualTo("worth keeping");
        assertThat(new Migrations(again.dataSource()).migrate())
                .as("a newer build")
                .isEmpty();
        assertThat(webMayPost(again)).isTrue();
        assertThat(one(again, "select chat.lineage()")).isNotEqualTo(one(owned, "select chat.lineage()"));
    }

    @Test
    @DisabledIfSystemProperty(named = "postgres", matches = "docker", disabledReason = "a second server is embedded")
    void an_ordinary_owner_gets_it_back_where_there_are_no_roles_and_they_are_granted_what_is_theirs_once_there_are()
            throws Exception {
        var elsewhere = new QueueFixture();
        elsewhere.ask("general", "@ada worth keeping");
        var dump = backup(elsewhere.database);
        var bare = TestServer.embedded();
        try {
            var owned = bare.ordinary();
            assertThat(restore(owned, dump)).startsWith("0 ").contains("2 messages");
            say(owned, "here again");

            for (var role : List.of("web", "worker", "ops", "readonly"))
                bare.database("postgres")
                        .jdbc()
                        .sql("create role holdfast_" + role)
                        .update();
            new Migrations(owned.dataSource()).migrate();
            assertThat(webMayPost(owned)).isTrue();
        } finally {
            bare.stop().run();
        }
    }

    @Test
    void what_a_database_holds_is_replaced_when_that_is_asked_for_and_the_backup_can_be_read() throws Exception {
        var queue = new QueueFixture();
        queue.ask("general", "@ada worth keeping");
        var dump = backup(queue.database);
        say(queue.database, "said since");

        assertThat(restore(queue.database, dump)).startsWith("1 ").contains("--replace");
        var cut = Files.write(folder.resolve("cut.dump"), Arrays.copyOf(Files.readAllBytes(dump), 50_000));
        assertThat(restore("--replace", queue.database, cut)).startsWith("1 ");
        assertThat(one(queue.database, LAST)).isEqualTo("said since");
        new Migrations(queue.database.dataSource()).migrate();
        say(queue.database, "and it goes on");

        assertThat(restore("--replace", queue.database, dump)).startsWith("0 ").contains("2 messages");
        assertThat(one(queue.database, "select content from chat.message order by position limit 1"))
                .isEqualTo("@ada worth keeping");
        assertThat(replaced(queue.database)).isEqualTo("0");
        assertThat(webMayPost(queue.database)).isTrue();
        say(queue.database, "here again");
    }

    @Test
    void everything_stays_where_a_replacing_restore_is_killed_in_the_middle() throws Exception {
        var queue = new QueueFixture();
        queue.ask("general", "@ada worth keeping");
        var dump = backup(queue.database);
        say(queue.database, "said since");

        // in a session of its own: what is killed is the script and all that it has started
        instead(
                "pg_restore",
                "case \"$*\" in --list*) exec pg_restore \"$@\" ;; esac; pg_restore \"$@\" | head -c 20000; kill -9 0");
        assertThat(run("setsid", "../ops/backup/restore", "--replace", queue.database.url(), dump.toString()))
                .startsWith("137 ");
        say(queue.database, "and it goes on");

        Files.delete(folder.resolve("pg_restore"));
        assertThat(restore("--replace", queue.database, dump)).startsWith("0 ").contains("2 messages");
    }

    @Test
    void what_a_restore_left_that_was_killed_at_its_end_goes_with_the_next() throws Exception {
        var queue = new QueueFixture();
        queue.ask("general", "@ada worth keeping");
        var dump = backup(queue.database);
        queue.database.jdbc().sql("create schema chat_replaced").update();

        assertThat(restore("--replace", queue.database, dump)).startsWith("0 ").contains("2 messages");
        assertThat(replaced(queue.database)).isEqualTo("0");
    }

    @Test
    void a_port_that_holdfast_would_not_take_leads_to_no_database() throws Exception {
        for (var program : List.of("backup", "restore")) {
            assertThat(run(
                            "env",
                            "PGPORT=1",
                            "../ops/backup/" + program,
                            "postgresql://holdfast@db/holdfast",
                            "a.dump"))
                    .startsWith("1 PGPORT is set")
                    .contains("into the address");
        }
    }

    @Test
    void no_list_of_processes_shows_the_password_and_the_programs_have_it() throws Exception {
        var owned = server.ordinary();
        new Migrations(owned.dataSource()).migrate();
        owned.jdbc()
                .sql("alter role " + owned.user() + " password '" + ODD + "'")
                .update();
        var url = owned.url().replace("secret", "%73e%C3%A9\\cr+t%25%40%2f:x");
        var seen = folder.resolve("seen");
        for (var program : List.of("pg_dump", "psql")) {
            instead(
                    program,
                    "{ ps -Awwo args | grep -e --dbname= -e ops/backup/; printf 'has %s\\n' \"$PGPASSWORD\"; } >> '"
                            + seen + "'\nexec " + program + " \"$@\"");
        }
        var dump = folder.resolve("a.dump");
        assertThat(run("../ops/backup/backup", url, dump.toString())).startsWith("0 ");
        assertThat(run("sh", "../ops/backup/restore", "--replace", url, dump.toString()))
                .startsWith("0 ");
        assertThat(seen)
                .content()
                .contains(
                        "ops/backup/backup postgresql://",
                        "ops/backup/restore --replace",
                        "psql --dbname=",
                        "has " + ODD)
                .doesNotContain("cr+t%25");
    }

    @Test
    void a_service_is_as_good_as_an_address_and_a_link_as_the_script() throws Exception {
        var queue = new QueueFixture();
        queue.ask("general", "@ada worth keeping");
        var database = queue.database;
        var services = Files.writeString(
                folder.resolve("pg_service.conf"),
                "[holdfast]\nhost=%s\nport=%d\ndbname=%s\nuser=%s\npassword=%s\n"
                        .formatted(
                                database.host(),
                                database.port(),
                                database.name(),
                                database.user(),
                                database.password()));
        var file = "PGSERVICEFILE=" + services;
        var dump = folder.resolve("a.dump").toString();
        var link = Files.createSymbolicLink(
                folder.resolve("holdfast-backup"),
                Path.of("../ops/backup/backup").toRealPath());
        assertThat(run("env", file, link.toString(), "service=holdfast", dump)).startsWith("0 ");
        assertThat(run("env", file, "../ops/backup/restore", "--replace", "service=holdfast", dump))
                .startsWith("0 ")
                .contains("2 messages");
    }

    @Test
    void what_else_is_in_the_database_is_left_alone() throws Exception {
        var queue = new QueueFixture();
        queue.ask("general", "@ada worth keeping");
        besides(queue.database);
        var dump = backup(queue.database);
        say(queue.database, "said since");

        assertThat(restore("--replace", queue.database, dump)).startsWith("0 ").contains("2 messages");
        assertThat(one(queue.database, "select note from public.report")).isEqualTo("not Holdfast's");
        assertThat(replaced(queue.database)).isEqualTo("0");
    }

    @Test
    void a_dump_of_the_whole_database_comes_back_too_without_what_else_was_in_it() throws Exception {
        var owned = server.ordinary();
        new Migrations(owned.dataSource()).migrate();
        say(owned, "worth keeping");
        besides(server.database(owned.name()));
        var dump = folder.resolve("whole.dump");
        assertThat(run("pg_dump", "--dbname=" + server.database(owned.name()).url(), "-Fc", "--no-owner", "-f" + dump))
                .startsWith("0 ");

        var again = emptied(server, owned);
        assertThat(restore(again, dump)).startsWith("0 ").contains("1 messages");
        assertThat(one(again, LAST)).isEqualTo("worth keeping");
        assertThat(webMayPost(again)).isTrue();
        assertThat(one(again, "select count(*)::text from pg_class where relname = 'report'"))
                .isEqualTo("0");
    }

    /** What others put beside Holdfast's schemas, and what a restore left that was killed at its end. */
    private static void besides(TestDatabase database) {
        for (var sql : List.of(
                "create table public.report as select 'not Holdfast''s' as note",
                "create extension pg_stat_statements",
                "create schema chat_replaced",
                "create table chat_replaced.message (id int)"))
            database.jdbc().sql(sql).update();
    }

    @Test
    void a_setting_that_only_a_later_server_knows_does_not_matter() throws Exception {
        var owned = server.ordinary();
        new Migrations(owned.dataSource()).migrate();
        say(owned, "worth keeping");

        // as the client programs of 17 and 18 ask of every server
        instead("pg_restore", "pg_restore \"$@\" | sed 's/^SET lock_timeout = 0;/&\\nSET transaction_timeout = 0;/'");
        assertThat(restore(emptied(server, owned), backup(owned)))
                .startsWith("0 ")
                .contains("1 messages");
    }

    private static String replaced(TestDatabase database) {
        return one(database, "select count(*)::text from pg_namespace where nspname like '%replaced'");
    }

    /** Has this found instead of a program, which it finds itself behind it. */
    private void instead(String program, String script) throws IOException {
        var written = Files.writeString(folder.resolve(program), "#!/bin/sh\nPATH=${PATH#*:}\n" + script);
        assertThat(written.toFile().setExecutable(true)).isTrue();
    }

    /** Another, empty one of the same owner. */
    private static TestDatabase emptied(TestServer server, TestDatabase owned) {
        var name = owned.user() + "_" + UUID.randomUUID().toString().substring(0, 8);
        server.database("postgres")
                .jdbc()
                .sql("create database " + name + " owner " + owned.user())
                .update();
        return new TestDatabase(owned.host(), owned.port(), name, owned.user(), owned.password());
    }

    private static UUID say(TestDatabase database, String text) {
        var jdbc = database.jdbc();
        jdbc.sql("""
                with mira as (
                  insert into chat.account (handle, display_name, kind) values ('mira', 'Mira', 'human')
                  on conflict do nothing returning id
                ), room as (
                  insert into chat.channel (name) select 'general' from mira returning id
                )
                insert into chat.membership (channel_id, account_id) select room.id, mira.id from room, mira
                """).update();
        return jdbc.sql("select chat.post('general', 'mira', ?)")
                .param(text)
                .query(UUID.class)
                .single();
    }

    /** And only the web: to begin with, PostgreSQL lets everybody call a function. */
    private static boolean webMayPost(TestDatabase database) {
        return database.jdbc().sql("""
                select bool_and(has_function_privilege('holdfast_web', oid, 'execute') and not has_function_privilege('holdfast_worker', oid, 'execute'))
                  and has_table_privilege('holdfast_web', 'chat.message', 'select')
                from pg_proc
                where proname = 'post_message' and pronamespace = 'chat'::regnamespace
                """).query(Boolean.class).single();
    }

    private static String one(TestDatabase database, String sql) {
        return database.jdbc().sql(sql).query(String.class).single();
    }

    private Path backup(TestDatabase database) throws IOException, InterruptedException {
        var file = folder.resolve(database.name() + ".dump");
        assertThat(run("../ops/backup/backup", database.url(), file.toString())).startsWith("0 ");
        return file;
    }

    private String restore(TestDatabase database, Path file) throws IOException, InterruptedException {
        return run("../ops/backup/restore", database.url(), file.toString());
    }

    private String restore(String option, TestDatabase database, Path file) throws IOException, InterruptedException {
        return run("../ops/backup/restore", option, database.url(), file.toString());
    }

    /** 0 where there is none. */
    private int clients() throws IOException, InterruptedException {
        try {
            return Integer.parseInt(run("pg_dump", "--version").replaceAll("(?s).*\\) (\\d+).*", "$1"));
        } catch (IOException e) {
            return 0;
        }
    }

    /** @return its exit code and what it printed */
    private String run(String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().compute("PATH", (name, path) -> folder + ":" + path);
        var process = builder.start();
        var printed = new String(process.getInputStream().readAllBytes());
        return process.waitFor() + " " + printed;
    }
}
