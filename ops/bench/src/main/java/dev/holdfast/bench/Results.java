package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The folder results/: a JSON and a plot for each benchmark, and one table and one CSV of the latest of all. */
final class Results {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path folder;

    Results(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** A quick or partial run is printed and not kept. */
    void keep(Result result) throws IOException {
        if (!Rounds.kept()) return;
        Files.writeString(folder.resolve(result.name() + ".json"), JSON.writeValueAsString(result) + "\n");
        Files.writeString(folder.resolve(result.name() + ".svg"), Plot.of(result));
        var all = all();
        Files.writeString(
                folder.resolve("results.txt"), all.stream().map(Result::table).collect(Collectors.joining("\n")));
        Files.writeString(folder.resolve("results.csv"), csv(all));
    }

    private List<Result> all() throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .map(file -> JSON.readValue(file.toFile(), Result.class))
                    .sorted(Comparator.comparing((Result result) -> order(result.name()))
                            .thenComparing(Result::name))
                    .toList();
        }
    }

    private static int order(String name) {
        return name.chars().allMatch(Character::isDigit) ? Integer.parseInt(name) : Integer.MAX_VALUE;
    }

    private static String csv(List<Result> results) {
        var rows = new StringBuilder("goal,side,metric,round,value\n");
        for (Result result : results) {
            for (Samples samples : result.samples()) {
                for (int round = 0; round < samples.values().size(); round++) {
                    rows.append(String.format(
                            Locale.ROOT,
                            "%s,\"%s\",\"%s\",%d,%s%n",
                            result.name(),
                            samples.side(),
                            samples.metric(),
                            round + 1,
                            samples.values().get(round)));
                }
            }
        }
        return rows.toString();
    }
}
