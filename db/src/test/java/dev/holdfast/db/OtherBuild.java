package dev.holdfast.db;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** The migrations of builds that were made before or after the one under test. */
public final class OtherBuild {

    private OtherBuild() {}

    /** It has another table, and a function that returns another type than this build's. */
    public static Migrations later(DataSource owner) {
        return of(
                owner,
                Duration.ofHours(1),
                Map.of(
                        "V900__later.sql",
                        "create table chat.later (id bigint not null); comment on table chat.later is 'Of a later build.';",
                        "R__51_lineage.sql",
                        file("R__51_lineage.sql")
                                .replace(
                                        "create or replace function chat.incarnation()\nreturns text",
                                        "drop function if exists chat.incarnation();\ncreate function chat.incarnation()\nreturns varchar")));
    }

    /** It knows the same files; only they were put into a build before. */
    public static Migrations earlier(DataSource owner) {
        return of(owner, Duration.ofHours(-1), Map.of());
    }

    /** @param files that differ from this build's, or aren't among them: name and text */
    static Migrations of(DataSource owner, Duration after, Map<String, String> files) {
        try {
            var folder = Files.createTempDirectory("holdfast-migrations");
            folder.toFile().deleteOnExit();
            for (var resource :
                    new PathMatchingResourcePatternResolver().getResources("classpath:db/migration/*.sql")) {
                var name = resource.getFilename();
                write(folder.resolve(name), files.getOrDefault(name, file(name)));
            }
            for (var added : files.entrySet()) write(folder.resolve(added.getKey()), added.getValue());
            return new Migrations(owner, new Migrations(owner).built().plus(after), "filesystem:" + folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        file.toFile().deleteOnExit();
    }

    private static String file(String name) {
        try (var file = Migrations.class.getResourceAsStream("/db/migration/" + name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
