package dev.holdfast.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.HoldfastProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallTest {

    @TempDir
    private Path folder;

    @Test
    void what_is_installed_starts_with_its_record_and_serves_the_page_and_ends_when_it_is_told_to() throws Exception {
        // after a build it is put where an earlier one was
        Files.writeString(folder.resolve("holdfast"), "#!/bin/sh\n# written by ops/install\n");
        var earlier = Files.createDirectories(folder.resolve("lib")).resolve("earlier.jar");
        Files.writeString(earlier, "what the classes of a release before would be");
        // no program may run among the machine's temporary files, so none is put there
        assertThat(install(folder.toString(), "TMPDIR=/nowhere"))
                .contains("start it with " + folder.toRealPath() + "/holdfast");
        assertThat(earlier).doesNotExist();
        assertThat(folder.resolve("first-start")).doesNotExist();
        try (var process = new HoldfastProcess(
                        "installed", "all", TestPostgres.create().url())
                .java("-Xmx256m", "-Xlog:aot")
                .installed(folder)) {
            process.start();
            new Browser(process.port()).get("/").mustBe(200);
            assertThat(process.lastLines(2000))
                    .contains("Opened AOT cache", "Starting AOT-processed HoldfastApplication")
                    .doesNotContain("An error has occurred");
            assertThat(process.terminate().awaitExit(Duration.ofSeconds(30))).isZero();
            assertThat(process.java("-Xmx12m").installed(folder).launch().awaitExit(Duration.ofSeconds(60)))
                    .as("out of memory, it ends instead of living on without what failed")
                    .isEqualTo(3);
        }
    }

    @Test
    void what_is_missing_or_in_the_way_is_named_and_left_alone() throws Exception {
        assertThat(install()).contains("ops/install FOLDER");
        assertThat(install(folder.toString(), "HOLDFAST_JAR=nowhere.jar"))
                .contains("nowhere.jar is missing; build it with ./mvnw package");
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
        var theirs = Files.createDirectories(folder.resolve("lib")).resolve("theirs");
        Files.writeString(theirs, "not ours");
        assertThat(install(folder.toString())).contains("is not empty and holds no Holdfast");
        assertThat(theirs).exists();
    }

    /** @return what it printed */
    private static String install(String... arguments) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(Prometheus.OPS.resolve("install").toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        for (var argument : arguments) {
            if (argument.contains("=")) builder.environment().put(argument.split("=")[0], argument.split("=")[1]);
            else builder.command().add(argument);
        }
        var process = builder.redirectErrorStream(true).start();
        var printed = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return printed;
    }
}
