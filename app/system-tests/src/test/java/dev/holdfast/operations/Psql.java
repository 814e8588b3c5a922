package dev.holdfast.operations;

import dev.holdfast.db.TestPostgres.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What an administrator has: psql with nothing but a connection; on a machine without psql the driver instead. */
final class Psql {

    private static final Optional<Path> CLIENT = Arrays.stream(
                    System.getenv().getOrDefault("PATH", "/usr/bin").split(":"))
            .map(folder -> Path.of(folder, "psql"))
            .filter(Files::isExecutable)
            .findFirst();

    static {
        System.out.println(
                "Repairs are typed into " + CLIENT.map(Path::toString).orElse("the JDBC driver: no psql is here"));
    }

    private final TestDatabase database;

    Psql(TestDatabase database) {
        this.database = database;
    }

    /** @return the first column of each row */
    List<String> run(String statement) {
        if (CLIENT.isEmpty()) {
            return database.jdbc()
                    .sql(statement)
                    .query((row, number) -> String.valueOf(row.getObject(1)))
                    .list();
        }
        var printed = Prometheus.run(
                60,
                CLIENT.get().toString(),
                "-X",
                "--no-align",
                "--tuples-only",
                "--set=ON_ERROR_STOP=1",
                "--command=" + statement,
                database.url());
        return printed.lines().map(line -> line.split("\\|", -1)[0]).toList();
    }
}
