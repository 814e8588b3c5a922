package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.SimulatedBrowser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Where the embedded database is, and its password: the one file that Holdfast needs, and the one that people's psql reads. */
@Order(1)
class EmbeddedAddressTest {

    @TempDir
    Path home;

    private EmbeddedHome holdfast;

    @BeforeAll
    static void warmUp() {
        HoldfastProcess.warmUp(TestPostgres.createEmpty().url());
    }

    @BeforeEach
    void begin() {
        holdfast = new EmbeddedHome(home);
    }

    @AfterEach
    void end() throws IOException {
        holdfast.close();
    }

    @Test
    void a_database_whose_address_is_gone_is_left_as_it_is_and_so_are_its_rules() throws IOException {
        var process = holdfast.process("embedded").start();
        var browser = new SimulatedBrowser(process.uri()).signIn("root", Installation.PASSWORD);
        var room = EmbeddedHome.room(browser);
        var message = browser.post(room, "worth keeping");
        process.terminate().awaitExit(EmbeddedHome.SOON);
        var ours = "host all monitor 10.0.0.0/8 scram-sha-256\n";
        var rules = holdfast.pidFile().resolveSibling("pg_hba.conf");
        Files.writeString(rules, ours, StandardOpenOption.APPEND);
        var edited = Files.readString(rules);
        var address = holdfast.address();
        var elsewhere = Files.move(address, home.resolve("forgotten"));

        assertThat(process.launch().awaitExit(EmbeddedHome.SOON)).isEqualTo(1);
        assertThat(process.lastLines(1))
                .startsWith("Holdfast did not start: the file " + address + " is gone")
                .contains("put the file back");

        Files.move(elsewhere, address);
        process.start();
        browser.goOnline();
        Installation.await(
                EmbeddedHome.SOON,
                () -> browser.messages(room).containsKey(message),
                () -> "the message is gone\n" + process.lastLines(20));
        browser.close();
        assertThat(Files.readString(rules)).as("pg_hba.conf").isEqualTo(edited);
        assertThat(process.terminate().awaitExit(EmbeddedHome.SOON)).isZero();
    }

    @Test
    void the_service_file_of_each_start_lets_in_whatever_the_password_is() throws IOException {
        var process = holdfast.process("embedded").start();
        assertThat(EmbeddedHome.mode(home.resolve("pg_service.conf"))).isEqualTo("rw-------");
        service().sql("alter role postgres password E'n\\u00e9 %w+'").update();
        process.terminate().awaitExit(EmbeddedHome.SOON);
        var address = holdfast.address();
        Files.writeString(
                address, Files.readString(address).replaceFirst("postgres:[^@]+@", "postgres:n%C3%A9%20%25w+@"));
        for (var start = 0; start < 2; start++) {
            process.start();
            assertThat(service()
                            .sql("select current_user::text")
                            .query(String.class)
                            .single())
                    .isEqualTo("postgres");
            assertThat(process.terminate().awaitExit(EmbeddedHome.SOON)).isZero();
        }
    }

    /** As {@code psql service=holdfast} with PGSERVICEFILE. */
    private JdbcClient service() throws IOException {
        var lines = Files.readAllLines(home.resolve("pg_service.conf"));
        assertThat(lines.getFirst()).isEqualTo("[holdfast]");
        var said = new HashMap<String, String>();
        lines.stream().skip(1).map(line -> line.split("=", 2)).forEach(each -> said.put(each[0], each[1]));
        assertThat(said).containsEntry("sslmode", "disable");
        return new TestDatabase(
                        said.get("host"),
                        Integer.parseInt(said.get("port")),
                        said.get("dbname"),
                        said.get("user"),
                        said.get("password"))
                .jdbc();
    }
}
