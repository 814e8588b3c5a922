package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Served;
import dev.holdfast.testing.SimulatedBrowser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** One process that keeps its database under HOLDFAST_HOME, killed and started again by somebody who mends nothing by hand. */
@Order(1)
class EmbeddedDatabaseTest {

    /** Keeps what the first start of all has unpacked, which takes seconds. */
    @TempDir
    static Path earlier;

    @TempDir
    Path home;

    private EmbeddedHome holdfast;
    private ModelServer models;

    @BeforeAll
    static void warmUp() {
        HoldfastProcess.warmUp(TestPostgres.createEmpty().url());
    }

    @BeforeEach
    void begin() throws Exception {
        if (Files.exists(earlier.resolve("binaries"))) copy(earlier, home);
        holdfast = new EmbeddedHome(home);
        models = holdfast.models();
    }

    @AfterEach
    void end() throws Exception {
        holdfast.close();
        if (Files.exists(home.resolve("binaries")) && Files.notExists(earlier.resolve("binaries"))) copy(home, earlier);
    }

    @Test
    void a_killed_process_finds_every_acknowledged_message_and_ends_the_interrupted_reply() throws IOException {
        var process = holdfast.process("embedded").start();
        var browser = new SimulatedBrowser(process.uri()).signIn("root", Installation.PASSWORD);
        var room = EmbeddedHome.room(browser);
        var acknowledged = new ArrayList<UUID>();
        // the model falls silent, so that the kill finds the reply under way however slow the machine
        acknowledged.add(browser.post(room, "@gpt [[numbered=yes words=60 kind=mixed fault=stall after=15 times=1]]"));
        var interrupted = models.await("that is under way", one -> !one.text().isEmpty());
        for (var n = 0; n < 20; n++) acknowledged.add(browser.post(room, "message " + n));
        process.kill();
        var leftover = holdfast.postmaster().orElseThrow();
        assertThat(leftover.isAlive())
                .as("the PostgreSQL of the killed process")
                .isTrue();

        process.start();
        assertThat(leftover.isAlive()).as("the leftover PostgreSQL").isFalse();
        browser.goOnline();
        Installation.await(
                EmbeddedHome.SOON,
                () -> browser.messages(room).keySet().containsAll(acknowledged)
                        && browser.messages(room).values().stream()
                                .anyMatch(message -> message.text().equals(said())),
                () -> browser.shown(room) + "\n" + process.lastLines(20));
        assertThat(interrupted.end()).isEqualTo(Served.End.CLOSED_BY_CLIENT);
        assertThat(browser.messages(room)).as("the messages and one reply").hasSize(acknowledged.size() + 1);
        browser.close();

        var second = holdfast.process("second").launch();
        assertThat(second.awaitExit(EmbeddedHome.SOON)).isEqualTo(1);
        assertThat(StartWithoutDatabaseTest.said(second))
                .singleElement()
                .asString()
                .startsWith("Holdfast did not start: another Holdfast is using " + home)
                .contains("HOLDFAST_HOME");
        assertThat(process.terminate().awaitExit(EmbeddedHome.SOON))
                .as("exit of a clean end")
                .isZero();
        assertThat(holdfast.postmaster()).isEmpty();
    }

    @Test
    void what_crashes_left_behind_is_no_hindrance() throws IOException {
        unfinishedFirstStart();
        var process = holdfast.process("embedded").start();
        assertThat(home.resolve("postgres-18.unfinished")).doesNotExist();
        assertThat(process.metric("disk_total_bytes{path=\"" + home + "\"}"))
                .as("the disk that is watched: the database's")
                .isEqualTo(home.toFile().getTotalSpace());
        process.kill();
        holdfast.killPostgres();
        // since then this number has been given to another program, which must not be harmed
        var innocent = new ProcessBuilder("sleep", "600").start();
        try {
            Files.writeString(
                    holdfast.pidFile(),
                    innocent.pid() + "\n" + holdfast.pidFile().getParent() + "\n");
            process.start();
            assertThat(innocent.isAlive()).as("the other program").isTrue();
        } finally {
            innocent.destroyForcibly();
        }
        process.kill();
        holdfast.killPostgres();
        Files.writeString(holdfast.pidFile(), "");
        assertThat(process.start().healthy()).isTrue();
    }

    @Test
    void a_killed_database_is_started_again_and_the_reply_under_way_ends() throws IOException {
        // where this may be tried as in a container, the killed one is left to
        // Holdfast, which doesn't take note of its end
        var process = holdfast.process("embedded").firstOfItsOwn().start();
        var browser = new SimulatedBrowser(process.uri())
                .signIn("root", Installation.PASSWORD)
                .goOnline();
        var room = EmbeddedHome.room(browser);
        browser.post(room, "@gpt [[numbered=yes words=60 pace=20 kind=mixed]]");
        models.await("that is under way", one -> one.text().length() > 60);
        holdfast.killPostgres();
        Installation.await(
                EmbeddedHome.SOON,
                () -> browser.messages(room).values().stream()
                        .anyMatch(message -> message.text().equals(said())),
                () -> browser.shown(room) + "\n" + process.lastLines(20));
        Installation.await(
                EmbeddedHome.SOON, process::healthy, () -> "no health after the crash\n" + process.lastLines(20));
        browser.post(room, "here again");
        browser.close();
        assertThat(process.terminate().awaitExit(EmbeddedHome.SOON)).isZero();
        assertThat(holdfast.postmaster()).as("what a clean end leaves").isEmpty();
    }

    @Test
    void the_databases_log_stays_small_whatever_people_are_refused() throws IOException {
        var process = holdfast.process("embedded").start();
        var browser = new SimulatedBrowser(process.uri()).signIn("root", Installation.PASSWORD);
        var output = home.resolve("postgres.log");
        refused(browser);
        assertThat(output).content().contains("ERROR: ").doesNotContain("STATEMENT: ", "CONTEXT: ", "DETAIL: ");
        // as of months, just over 10 MB
        Files.writeString(output, "ERROR:  refused\n".repeat(660_000), StandardOpenOption.APPEND);
        Installation.await(
                EmbeddedHome.SOON,
                () -> output.toFile().length() < 1_000_000,
                () -> output.toFile().length() + " bytes");
        refused(browser);
        assertThat(output).content().contains("ERROR: ").hasSizeLessThan(1_000_000);
        assertThat(home.resolve("postgres.log.1")).content().hasSizeGreaterThan(10_000_000);
        process.terminate().awaitExit(EmbeddedHome.SOON);
        // as earlier builds left it
        Files.writeString(output, "ERROR:  refused\n".repeat(1_500_000), StandardOpenOption.APPEND);
        process.start();
        assertThat(output).content().hasSizeLessThan(1_000_000);
        assertThat(home.resolve("postgres.log.1")).hasSize(10 << 20);
        browser.close();
        assertThat(process.terminate().awaitExit(EmbeddedHome.SOON)).isZero();
    }

    private static void refused(SimulatedBrowser browser) {
        for (var n = 0; n < 20; n++) {
            assertThat(browser.get("/api/channels/" + UUID.randomUUID() + "/members")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void the_machines_language_and_zone_decide_nothing() {
        var process = holdfast.process("embedded")
                .with("LC_ALL", "tlh_KL.UTF-8")
                .with("TZ", "IST")
                .start();
        var browser = new SimulatedBrowser(process.uri()).signIn("root", Installation.PASSWORD);
        browser.post(EmbeddedHome.room(browser), "„ÄRGER“ am Ufer");
        browser.post(EmbeddedHome.room(browser), "ohne Ärgernis");
        assertThat(browser.get("/api/search?q=%C3%A4rger").body()).contains("„ÄRGER“ am Ufer", "ohne Ärgernis");
        process.with("LC_ALL", "C").terminate().awaitExit(EmbeddedHome.SOON);
        process.start();
        browser.close();
        assertThat(process.terminate().awaitExit(EmbeddedHome.SOON)).isZero();
    }

    @Test
    void what_postgresql_refuses_a_start_for_is_told_in_one_line() throws IOException {
        // as on a disk of its own, mounted after the files of its database were lost
        Files.createDirectories(holdfast.pidFile().resolveSibling("lost+found"));
        Files.writeString(home.resolve("database-url"), "postgresql://postgres:forgotten@127.0.0.1:1/postgres\n");
        Files.writeString(home.resolve("postgres.log"), "FATAL:  of an earlier start\n");
        var process = holdfast.process("refused").launch();
        assertThat(process.awaitExit(EmbeddedHome.SOON)).isEqualTo(1);
        assertThat(StartWithoutDatabaseTest.said(process))
                .singleElement()
                .asString()
                .startsWith(
                        "Holdfast did not start: the embedded PostgreSQL in " + home + " did not start: initdb: error:")
                .contains("exists but is not empty", "HOLDFAST_DATABASE_URL");
    }

    @Test
    void a_database_that_refuses_to_start_is_not_waited_for() throws IOException {
        var process = holdfast.process("embedded").start();
        process.terminate().awaitExit(EmbeddedHome.SOON);
        Files.writeString(
                holdfast.pidFile().resolveSibling("postgresql.conf"),
                "no_such_setting = 1\n",
                StandardOpenOption.APPEND);
        assertThat(process.launch().awaitExit(Duration.ofSeconds(40))).isEqualTo(1);
        assertThat(process.lastLines(1)).startsWith("Holdfast did not start: ").contains("FATAL: ", "contains errors");
    }

    @Test
    @EnabledIfSystemProperty(named = "long", matches = "true", disabledReason = "takes a minute: -Dlong=true")
    @EnabledOnOs(OS.LINUX)
    void a_recovery_from_a_crash_is_waited_for_however_long_it_takes() throws Exception {
        var process = holdfast.process("embedded");
        var recovery = haltedRecovery(process);
        Installation.pause(Duration.ofSeconds(75).toMillis());
        assertThat(process.alive()).as("it still waits").isTrue();
        assertThat(process.lastLines(1)).contains("recovers first");
        recovery.goOn();
        assertThat(process.awaitReady().terminate().awaitExit(EmbeddedHome.SOON))
                .isZero();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whoever_waits_for_a_recovery_may_end_it() throws Exception {
        var process = holdfast.process("embedded");
        var recovery = haltedRecovery(process);
        try {
            process.terminate().awaitExit(Duration.ofSeconds(30));
        } finally {
            recovery.goOn();
        }
        assertThat(process.start().terminate().awaitExit(EmbeddedHome.SOON)).isZero();
    }

    private HaltedRecovery haltedRecovery(HoldfastProcess process) throws IOException {
        process.start();
        HaltedRecovery.prepare(Files.readString(holdfast.address()).strip());
        process.kill();
        holdfast.killPostgres();
        process.launch();
        return HaltedRecovery.caught(holdfast::postmaster, EmbeddedHome.SOON);
    }

    @Test
    void nobody_else_can_put_programs_of_his_in_place_of_the_servers() throws IOException {
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        var programs = home.resolve("binaries");
        var process = holdfast.process("embedded");
        if (Files.notExists(programs)) process.start().terminate().awaitExit(EmbeddedHome.SOON);

        // as earlier builds left them, and somebody used it
        Files.setPosixFilePermissions(programs, PosixFilePermissions.fromString("rwxrwxrwx"));
        var proof = home.resolve("proof");
        var unpacked = new ArrayList<Path>();
        try (var folders = Files.newDirectoryStream(programs, "PG-*")) {
            folders.forEach(unpacked::add);
        }
        assertThat(unpacked).isNotEmpty().allSatisfy(folder -> {
            var program = folder.resolve("bin/pg_ctl");
            Files.move(program, program.resolveSibling(program.getFileName() + "-real"));
            Files.writeString(program, "#!/bin/sh\ntouch " + proof + "\nexec $0-real \"$@\"\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        });
        // what the library took for its own, of which it deletes the old
        var planted = Files.createDirectories(home.resolve("tmp/embedded-pg/planted"));
        var old = FileTime.fromMillis(0);
        Files.setLastModifiedTime(Files.createFile(planted.resolve("epg-lock")), old);
        Files.setLastModifiedTime(planted, old);
        process.java("-Djava.io.tmpdir=" + home.resolve("tmp"), "-Djava.net.preferIPv6Addresses=true")
                .start();
        assertThat(proof).as("what the planted program writes").doesNotExist();
        assertThat(planted)
                .as("what somebody put among the machine's temporary files")
                .exists();
        assertThat(EmbeddedHome.mode(programs)).isEqualTo("rwx------");
        assertThat(process.terminate().awaitExit(EmbeddedHome.SOON)).isZero();
    }

    private static void copy(Path from, Path to) throws Exception {
        var copied = new ProcessBuilder("cp", "-Rp", from.resolve("binaries").toString(), to.toString()).inheritIO();
        assertThat(copied.start().waitFor()).isZero();
    }

    /** As a kill leaves it in the midst of unpacking PostgreSQL, and of making its files. */
    private void unfinishedFirstStart() throws IOException {
        var unpacked = home.resolve("binaries").resolve("PG-unfinished");
        Files.createDirectories(unpacked.resolve("bin"));
        Files.createDirectories(holdfast.pidFile().getParent().resolve("base"));
        Files.writeString(holdfast.pidFile().resolveSibling("postgresql.conf"), "");
        Files.writeString(home.resolve("postgres-18.unfinished"), "password\n");
        Files.writeString(home.resolve("lock"), "");
    }

    /** All of what the model said at last; null before. */
    private String said() {
        return models.served().stream()
                .filter(one -> one.end() == Served.End.COMPLETED)
                .map(Served::text)
                .findAny()
                .orElse(null);
    }
}
