package dev.holdfast.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** How app/target/holdfast.jar is started: as it is, or unpacked and with a cache of what a start loads, if that was made. */
final class Packaged {

    private Packaged() {}

    /** @param options Java's; the cache serves those that it was made with, and is left aside with others */
    static List<String> command(List<String> options) {
        return command(jar(), options);
    }

    static List<String> command(Path jar, List<String> options) {
        var command = new ArrayList<String>();
        command.add(java());
        command.addAll(options);
        command.addAll(List.of(
                "-XX:+UseCompactObjectHeaders",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        var started = jar;
        if (Files.exists(cache(jar))) {
            command.add("-XX:AOTCache=" + cache(jar));
            started = unpacked(jar).resolve("holdfast.jar");
        }
        command.addAll(List.of("-jar", started.toString()));
        return command;
    }

    /** @param training starts and ends the holdfast.jar beside the file given so that it writes that file */
    static synchronized void warmUp(Consumer<Path> training) {
        var jar = jar();
        var folder = unpacked(jar);
        try (var lock = FileChannel.open(
                folder.resolveSibling("holdfast.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            if (Files.exists(cache(jar))) return;
            run(
                    java(),
                    "-Djarmode=tools",
                    "-jar",
                    jar.toString(),
                    "extract",
                    "--force",
                    "--destination",
                    folder.toString());
            var fresh = folder.resolve("fresh.aot");
            training.accept(fresh);
            if (Files.exists(fresh)) Files.move(fresh, cache(jar), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Another release: a copy of the jar in which the page's files named have this text at their end. */
    static Path release(Path copy, Map<String, String> additions) {
        try {
            Files.createDirectories(copy.getParent());
            Files.copy(jar(), copy, StandardCopyOption.REPLACE_EXISTING);
            try (var files = FileSystems.newFileSystem(copy)) {
                for (var addition : additions.entrySet()) {
                    var file = files.getPath("/BOOT-INF/classes/static" + addition.getKey());
                    Files.writeString(file, Files.readString(file) + addition.getValue());
                }
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path unpacked(Path jar) {
        return jar.resolveSibling("holdfast-" + jar.toFile().lastModified());
    }

    private static Path cache(Path jar) {
        return unpacked(jar).resolve("holdfast.aot");
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static Path jar() {
        for (var candidate : List.of(
                Path.of("target/holdfast.jar"),
                Path.of("app/target/holdfast.jar"),
                Path.of("../target/holdfast.jar"),
                Path.of("../../app/target/holdfast.jar"))) {
            if (Files.exists(candidate)) return candidate.toAbsolutePath().normalize();
        }
        throw new IllegalStateException(
                "There is no app/target/holdfast.jar. Build it: ./mvnw -pl app -am package -DskipTests");
    }

    private static void run(String... command) throws IOException {
        try {
            var ended = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            if (ended != 0) throw new IOException(String.join(" ", command) + " ended with " + ended);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
