package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where and when a benchmark ran, and of which commit, where git could say it. loadAverage: of the last minute, when it
 * began.
 */
record Machine(
        String processor,
        int cores,
        String memory,
        String system,
        String java,
        String at,
        String loadAverage,
        @Nullable String commit) {

    static Machine now() {
        return new Machine(
                line("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                line("/proc/meminfo", "MemTotal"),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.runtime.version"),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                load(),
                System.getProperty("commit"));
    }

    private static String load() {
        try {
            return Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String line(String file, String key) {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(key))
                    .findFirst()
                    .map(line -> line.split(":", 2)[1].strip())
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
