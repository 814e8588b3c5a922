package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.HoldfastApplication;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.model.Models;
import dev.holdfast.testing.ModelServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole program in each role. */
class RolesTest {
    private final TestDatabase database = TestPostgres.create();

    @Test
    void a_worker_process_finds_its_ready_agents_and_answers() {
        try (var server = ModelServer.start();
                var program = start(
                        "worker",
                        "--OPENAI_BASE_URL=" + server.openAiBaseUrl(),
                        "--OLLAMA_BASE_URL=" + server.baseUrl())) {
            assertThat(program.getBeansOfType(Worker.class)).hasSize(1);
            assertThat(agents())
                    .containsExactly("gpt openai test-model", "guide guide guide", "llama ollama llama3.2:latest");
            var channel = new Channel(database);
            assertThat(channel.await(channel.ask("hello @gpt"), "completed").get("content"))
                    .isEqualTo("You said: Mira (@mira): hello @gpt");
        }
    }

    @Test
    void a_web_process_runs_no_generations_and_makes_the_guide() {
        try (var program = start("web", "--OLLAMA_BASE_URL=http://127.0.0.1:1")) {
            assertThat(program.getBeansOfType(Worker.class)).isEmpty();
            assertThat(program.getBeansOfType(Models.class)).isEmpty();
            assertThat(agents()).containsExactly("guide guide guide");
        }
    }

    @Test
    void ready_agents_are_made_once_and_then_left_to_the_administrators() {
        try (var first = start("web", "--ANTHROPIC_API_KEY=sk-a", "--OLLAMA_BASE_URL=http://127.0.0.1:1")) {
            assertThat(agents()).containsExactly("claude anthropic claude-sonnet-4-5", "guide guide guide");
        }
        database.jdbc()
                .sql("update chat.agent set model = 'claude-opus-4-5', paused = true where provider = 'anthropic'")
                .update();
        database.jdbc()
                .sql("update chat.account set handle = 'opus' where handle = 'claude'")
                .update();
        try (var second = start("web", "--ANTHROPIC_API_KEY=sk-a", "--OLLAMA_BASE_URL=http://127.0.0.1:1")) {
            assertThat(agents()).containsExactly("guide guide guide", "opus anthropic claude-opus-4-5");
        }
    }

    private List<String> agents() {
        return database.jdbc()
                .sql(
                        "select a.handle || ' ' || g.provider || ' ' || g.model from chat.agent g join chat.account a on a.id = g.account_id order by a.handle")
                .query(String.class)
                .list();
    }

    private ConfigurableApplicationContext start(String role, String... more) {
        var arguments = new ArrayList<>(List.of(
                "--holdfast.role=" + role,
                "--holdfast.database-url=" + database.url(),
                "--server.port=0",
                "--management.server.port=0",
                "--server.address=127.0.0.1",
                "--management.server.address=127.0.0.1"));
        arguments.addAll(List.of(more));
        return new SpringApplicationBuilder(HoldfastApplication.class)
                .registerShutdownHook(false)
                .run(arguments.toArray(String[]::new));
    }
}
