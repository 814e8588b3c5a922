package dev.holdfast.model;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The agents that are there without anybody making them: the guide always, and one for each provider that is configured. Made once; from then on they are the administrators'. */
final class ReadyAgents {
    private static final Logger log = LoggerFactory.getLogger(ReadyAgents.class);
    private static final String OPENAI_MODEL = "gpt-5-mini";
    private static final String ANTHROPIC_MODEL = "claude-sonnet-4-5";

    /** How long the start waits for each server's list of models. */
    private static final Duration LONGEST = Duration.ofSeconds(2);

    private final JdbcClient jdbc;
    private final ModelEnvironment environment;

    ReadyAgents(JdbcClient jdbc, ModelEnvironment environment) {
        this.jdbc = jdbc;
        this.environment = environment;
    }

    void make() {
        make("guide", "Guide", "guide", "guide");
        if (environment.openAi()) {
            String base = environment.openAiBaseUrl();
            String own = base == null || base.contains("api.openai.com") ? null : first(base + "/models", "data", "id");
            make("gpt", "GPT", "openai", own == null ? OPENAI_MODEL : own);
        }
        if (environment.anthropic()) make("claude", "Claude", "anthropic", ANTHROPIC_MODEL);
        String ollama = first(environment.ollama() + "/api/tags", "models", "name");
        if (ollama != null) make("llama", "Llama", "ollama", ollama);
        else if (environment.ollamaBaseUrl() != null) {
            log.warn(
                    "Ollama at {} has no model or does not answer; pull one and start again, or add an agent by hand",
                    environment.ollama());
        }
    }

    private static final String MAKE = """
            with made as (
              insert into chat.account (handle, display_name, kind)
              select ?, ?, 'agent'
              where not exists (select from chat.agent g where g.provider = ?)
              on conflict (handle) do nothing
              returning id
            )
            insert into chat.agent (account_id, provider, model)
            select id, ?, ? from made
            """;

    private void make(String handle, String name, String provider, String model) {
        if (jdbc.sql(MAKE).params(handle, name, provider, provider, model).update() > 0) {
            log.info("@{} is ready: {} with the model {}", handle, provider, model);
        }
    }

    /** The first model that a server lists; null: it does not answer, or lists none. */
    private @Nullable String first(String address, String list, String name) {
        var request = HttpRequest.newBuilder(URI.create(address)).timeout(LONGEST);
        if (environment.openAiKey() != null && list.equals("data")) {
            request.header("Authorization", "Bearer " + environment.openAiKey());
        }
        var client =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
        try {
            // the request's own limit ends with the headers; a body may come for ever
            var response = client.sendAsync(request.build(), BodyHandlers.ofString())
                    .get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
            JsonNode model = new JsonMapper()
                    .readTree(response.body())
                    .path(list)
                    .path(0)
                    .path(name);
            return model.isString() ? model.asString() : null;
        } catch (ExecutionException | TimeoutException | JacksonException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            client.shutdownNow();
        }
    }
}
