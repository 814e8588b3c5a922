package dev.holdfast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** What --help prints: the settings, as README has them. */
final class Usage {

    private static final Set<String> QUESTIONS = Set.of("--help", "-h", "help");

    private Usage() {}

    static boolean isAsked(String... arguments) {
        return Stream.of(arguments).anyMatch(QUESTIONS::contains);
    }

    static String text() {
        try (var usage = Objects.requireNonNull(Usage.class.getResourceAsStream("/usage.txt"), "usage.txt")) {
            return new String(usage.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
