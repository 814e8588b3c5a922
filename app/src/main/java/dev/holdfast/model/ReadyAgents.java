package dev.holdfast.model;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** The agents that are there without anybody making them: the guide always, and one for each provider that is configured. Made once; from then on they are the administrators'. */
final class ReadyAgents {
    private static final Logger log = LoggerFactory.getLogger(ReadyAgents.class);
    private static final String OPENAI_MODEL = "gpt-5-mini";
    private static final String ANTHROPIC_MODEL = "claude-sonnet-4-5";

    /** Names of models that cannot chat; servers list them among the others. */
    private static final Pattern OF_OTHER_USE = Pattern.compile(
            "embed|minilm|\\bbge\\b|rerank|whisper|\\btts\\b|moderation|dall-e", Pattern.CASE_INSENSITIVE);

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
        if (environment.openAi()) makeOpenAi(environment.openAiBaseUrl());
        if (environment.anthropic()) make("claude", "Claude", "anthropic", ANTHROPIC_MODEL);
        makeOllama();
    }

    private void makeOpenAi(@Nullable String base) {
        if (base == null || base.contains("api.openai.com")) {
            make("gpt", "GPT", "openai", OPENAI_MODEL);
        } else if (lacks("openai")) {
            String model = firstThatChats(base + "/models", "data", "id");
            if (model != null) make("gpt", "GPT", "openai", model);
            else {
                log.warn("The server of OPENAI_BASE_URL lists no model that chats, or does not answer;"
                        + " start again when it does, or add an agent by hand");
            }
        }
    }

    private void makeOllama() {
        if (!lacks("ollama")) return;
        String model = firstThatChats(environment.ollama() + "/api/tags", "models", "name");
        if (model != null) make("llama", "Llama", "ollama", model);
        else if (environment.ollamaBaseUrl() != null) {
            log.warn(
                    "Ollama at {} has no model that chats or does not answer; pull one and start again, or add an agent by hand",
                    environment.ollama());
        }
    }

    private boolean lacks(String provider) {
        return jdbc.sql("select not exists (select from chat.agent where provider = ?)")
                .param(provider)
                .query(Boolean.class)
                .single();
    }

    /**
     * Ollama answers one request at a time unless OLLAMA_NUM_PARALLEL says more, and lets the others wait without a word:
     * they would look like a model that fell silent. In Holdfast's queue everybody sees them wait.
     */
    private static final String MAKE = """
            with made as (
              insert into chat.account (handle, display_name, kind)
              select ?, ?, 'agent'
              where not exists (select from chat.agent g where g.provider = ?)
              on conflict (handle) do nothing
              returning id
            )
            insert into chat.agent (account_id, provider, model, max_concurrency)
            select id, ?, ?, case ? when 'ollama' then 1 end from made
            """;

    private void make(String handle, String name, String provider, String model) {
        if (!lacks(provider)) return; // also where nothing may be written now, and a start goes on
        if (jdbc.sql(MAKE)
                        .params(handle, name, provider, provider, model, provider)
                        .update()
                > 0) {
            log.info("@{} is ready: {} with the model {}", handle, provider, model);
        } else {
            log.warn("The handle @{} is taken, so {} has no agent; make one on the page /agents", handle, provider);
        }
    }

    /** Null: the server does not answer, or lists none. The agent would keep any other for good, so none is guessed. */
    private @Nullable String firstThatChats(String address, String list, String name) {
        var request = HttpRequest.newBuilder(URI.create(address)).timeout(LONGEST);
        if (environment.openAiKey() != null && list.equals("data")) {
            request.header("Authorization", "Bearer " + environment.openAiKey());
        }
        var client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // some servers do not answer the JDK's offer of HTTP/2
                .connectTimeout(Duration.ofSeconds(1))
                .build();
        try {
            // the request's own limit ends with the headers; a body may come for ever
            var response = client.sendAsync(request.build(), BodyHandlers.ofString())
                    .get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
            return new JsonMapper()
                    .readTree(response.body())
                    .path(list)
                    .valueStream()
                    .map(model -> model.path(name).asString(""))
                    .filter(model ->
                            !model.isEmpty() && !OF_OTHER_USE.matcher(model).find())
                    .findFirst()
                    .orElse(null);
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
