package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds the diagrams of db/README.md against the database: every action is done in every state; what is drawn leads where
 * the arrow points, what isn't drawn changes nothing.
 */
class StateDiagramTest {

    private static final Pattern ARROW = Pattern.compile("^ *(\\w+) --> (\\w+): (.+)$", Pattern.MULTILINE);
    private static Chat chat;
    private static Worker worker;

    @BeforeAll
    static void open() {
        chat = new Chat();
        worker = chat.worker("test");
    }

    @AfterAll
    static void close() {
        chat.close();
    }

    @TestFactory
    Stream<DynamicTest> generation_states_change_as_drawn() throws IOException {
        return tests("generation", List.of("queued", "running", "completed", "failed", "cancelled"));
    }

    @TestFactory
    Stream<DynamicTest> message_statuses_change_as_drawn() throws IOException {
        return tests("message", List.of("queued", "thinking", "streaming", "complete", "failed", "stopped"));
    }

    @Test
    void the_diagrams_draw_every_state_and_no_unknown_action() throws IOException {
        for (String of : List.of("generation", "message")) {
            Set<String> drawn = new LinkedHashSet<>();
            for (String arrow : drawn(of).keySet()) {
                drawn.add(arrow.substring(arrow.indexOf(' ') + 1));
            }
            assertThat(ACTIONS.keySet()).as("actions of the " + of + " diagram").containsAll(drawn);
        }
        assertThat(
                        chat.one(
                                String.class,
                                "select pg_get_constraintdef(oid) from pg_constraint where conname = 'generation_state_is_known'"))
                .contains("'queued'", "'running'", "'completed'", "'failed'", "'cancelled'");
    }

    private Stream<DynamicTest> tests(String of, List<String> states) throws IOException {
        Map<String, String> drawn = drawn(of);
        return states.stream()
                .flatMap(state -> ACTIONS.keySet().stream()
                        .map(action -> dynamicTest("%s %s: %s".formatted(of, state, action), () -> {
                            boolean generation = of.equals("generation");
                            Worker.Claim claim = generation ? inState(state) : withStatus(state);
                            assertThat(generation ? chat.state(claim.message()) : chat.status(claim.message()))
                                    .isEqualTo(state);
                            ACTIONS.get(action).on(claim);
                            assertThat(generation ? chat.state(claim.message()) : chat.status(claim.message()))
                                    .isEqualTo(drawn.getOrDefault(state + " " + action, state));
                            chat.run("update chat.agent set paused = false");
                            chat.one(Boolean.class, "select chat.cancel(?)", claim.generation());
                        })));
    }

    /** "state action" to the state that the arrow points at, of the nth diagram of the README. */
    private static Map<String, String> drawn(String of) throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String diagram = readme.substring(readme.indexOf("```mermaid\n%% " + of));
        Matcher arrows = ARROW.matcher(diagram.substring(0, diagram.indexOf("\n```\n")));
        Map<String, String> drawn = new HashMap<>();
        while (arrows.find()) {
            for (String action : arrows.group(3).split(", ")) {
                drawn.put(arrows.group(1) + " " + action, arrows.group(2));
            }
        }
        assertThat(drawn).isNotEmpty();
        return drawn;
    }

    private interface Action {
        void on(Worker.Claim claim);
    }

    private static final Map<String, Action> ACTIONS = Map.ofEntries(
            Map.entry("claim", claim -> worker.claim(1)),
            Map.entry("start_thinking", claim -> worker.think(claim)),
            Map.entry("start_streaming", claim -> worker.stream(claim)),
            Map.entry("append_chunks", claim -> worker.append(claim, null, 0, "good")),
            Map.entry("heartbeat", claim -> worker.heartbeat(claim)),
            Map.entry("complete", claim -> worker.complete(claim, "good morning")),
            Map.entry("fail", claim -> worker.fail(claim, "rate limited", "1 hour", null, true)),
            Map.entry("fail for good", claim -> worker.giveUp(claim)),
            Map.entry("release", claim -> worker.release(claim, null)),
            Map.entry("reap", claim -> {
                worker.outliveLease(claim);
                worker.reap();
            }),
            Map.entry("reap the last attempt", claim -> {
                chat.run(
                        "update chat.generation set attempt = max_attempts where id = ? and state = 'running'",
                        claim.generation());
                worker.outliveLease(claim);
                worker.reap();
            }),
            Map.entry("reap the disabled", claim -> {
                chat.run("update chat.account set disabled_at = now() where handle = ?", claim.agent());
                worker.reap();
                chat.run("update chat.account set disabled_at = null where handle = ?", claim.agent());
            }),
            Map.entry("cancel", claim -> chat.one(Boolean.class, "select chat.cancel(?)", claim.generation())),
            Map.entry("ops.cancel", claim -> {
                try {
                    chat.one(String.class, "select ops.cancel(?)::text", claim.generation());
                } catch (RuntimeException refused) {
                    assertThat(Refusals.of(() -> {
                                throw refused;
                            }))
                            .matches("HF409 Generation \\d+ has completed; there is nothing to cancel.*");
                }
            }),
            Map.entry("retry", claim -> {
                try {
                    chat.one(
                            String.class,
                            "select chat.retry(?::uuid, ?::uuid)::text",
                            claim.message(),
                            chat.account("mira"));
                } catch (RuntimeException refused) {
                    assertThat(Refusals.of(() -> {
                                throw refused;
                            }))
                            .startsWith("HF409 The reply is being written right now.");
                }
            }));

    private static Worker.Claim inState(String state) {
        Worker.Claim claim = chat.claimed(worker);
        switch (state) {
            case "queued" -> worker.release(claim, null);
            case "running" -> worker.heartbeat(claim);
            case "completed" -> worker.complete(claim, "good morning");
            case "failed" -> worker.giveUp(claim);
            case "cancelled" -> chat.one(Boolean.class, "select chat.cancel(?)", claim.generation());
            default -> throw new IllegalArgumentException(state);
        }
        return claim;
    }

    /** queued, as far as a message goes, is also a reply that a worker has claimed and not yet begun. */
    private static Worker.Claim withStatus(String status) {
        return switch (status) {
            case "queued" -> chat.claimed(worker);
            case "thinking" -> {
                Worker.Claim claim = chat.claimed(worker);
                worker.think(claim);
                yield claim;
            }
            case "streaming" -> {
                Worker.Claim claim = chat.claimed(worker);
                worker.stream(claim);
                yield claim;
            }
            case "complete" -> inState("completed");
            case "failed" -> inState("failed");
            case "stopped" -> inState("cancelled");
            default -> throw new IllegalArgumentException(status);
        };
    }
}
