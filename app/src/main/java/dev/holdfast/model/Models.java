package dev.holdfast.model;

import dev.holdfast.model.Failure.GiveUp;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Every provider that this process is configured for, behind one door. Thread-safe. */
public final class Models implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Models.class);

    static {
        // Spring AI reads Anthropic's stream in this scheduler, which by default has ten threads per core: ten replies
        Schedulers.setFactory(new Schedulers.Factory() {
            @Override
            public Scheduler newBoundedElastic(int threads, int queued, ThreadFactory factory, int idleSeconds) {
                var virtual = Thread.ofVirtual().name("model-reader-", 0).factory();
                return Schedulers.Factory.super.newThreadPerTaskBoundedElastic(100_000, 100_000, virtual);
            }
        });
        // a closed call's last error has no reader any more
        Hooks.onErrorDropped(error -> log.debug("A closed call to a model ended", error));
    }

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("model-call-", 0).factory());
    private final Map<Agent.Provider, Endpoint> endpoints;

    Models(ModelEnvironment environment) {
        endpoints = new java.util.EnumMap<>(Agent.Provider.class);
        endpoints.put(Agent.Provider.GUIDE, new GuideEndpoint());
        endpoints.put(Agent.Provider.OLLAMA, new OllamaEndpoint(environment.ollama(), threads));
        if (environment.openAi()) {
            endpoints.put(
                    Agent.Provider.OPENAI,
                    new OpenAiEndpoint(environment.openAiBaseUrl(), environment.openAiKey(), threads));
        }
        String anthropicKey = environment.anthropicKey();
        if (anthropicKey != null) {
            endpoints.put(
                    Agent.Provider.ANTHROPIC,
                    new AnthropicEndpoint(environment.anthropicBaseUrl(), anthropicKey, threads));
        }
    }

    /**
     * Sends a request to the agent's model. Does not block and does not throw: every failure comes out of the call, sorted.
     *
     * @param requestId names the attempt; unique in this process
     */
    public ModelCall call(Agent agent, Prompt prompt, String requestId, ModelListener listener) {
        Endpoint endpoint = endpoints.get(agent.provider());
        if (endpoint == null) return ModelCall.failed(new GiveUp(notConfigured(agent), "not_configured"));
        try {
            return endpoint.call(agent, agent.parsedOptions(), prompt, requestId, listener);
        } catch (IllegalArgumentException e) {
            return ModelCall.failed(new GiveUp(String.valueOf(e.getMessage()), "bad_options"));
        }
    }

    private static String notConfigured(Agent agent) {
        String variable =
                agent.provider() == Agent.Provider.OPENAI ? "OPENAI_API_KEY or OPENAI_BASE_URL" : "ANTHROPIC_API_KEY";
        return agent.provider().title + " is not configured. An operator must set " + variable
                + " and restart the worker.";
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
