package dev.holdfast.model;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.ollama.OllamaChatModel;
import org.springframework.ai.ollama.api.OllamaApi;
import org.springframework.ai.ollama.api.OllamaChatOptions;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** Ollama, on this machine or another. */
final class OllamaEndpoint implements Endpoint {
    private static final int USUAL_REPLY = 4096;

    private final String baseUrl;
    private final OllamaClient client;
    private final JdkClientHttpConnector connector;

    /** Ollama takes no key; it speaks OpenAI's protocol too, so what stands before it and asks for one is named there. */
    private final HttpFailures failures = new HttpFailures(
            Agent.Provider.OLLAMA.title,
            "OLLAMA_BASE_URL",
            "OPENAI_API_KEY and OPENAI_BASE_URL instead of OLLAMA_BASE_URL",
            null);

    OllamaEndpoint(String baseUrl, ExecutorService threads) {
        this.baseUrl = baseUrl;
        this.client = new OllamaClient(HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .executor(threads)
                .build());
        this.connector = new JdkClientHttpConnector(client);
    }

    /**
     * What Ollama shall hold at once: what it is given, and the reply. It drops the oldest of what is more without a word.
     * Where nobody has set the one, its own default decides, since what it holds takes the machine's memory.
     */
    private static @Nullable Integer context(AgentOptions options) {
        Integer given = options.contextTokens();
        if (given == null) return null;
        return given + (options.maxTokens() == null ? USUAL_REPLY : options.maxTokens());
    }

    @Override
    public ModelCall call(Agent agent, AgentOptions options, Prompt prompt, String requestId, ModelListener listener) {
        var web = WebClient.builder()
                .clientConnector(connector)
                .filter(ExchangeFilterFunction.ofResponseProcessor(OllamaEndpoint::unlessRedirected))
                .defaultHeader(OpenCalls.REQUEST_ID, requestId);
        var chat = OllamaChatOptions.builder()
                .model(agent.model())
                .temperature(options.temperature())
                .topP(options.topP())
                .numPredict(options.maxTokens())
                .numCtx(context(options))
                .build();
        var model = OllamaChatModel.builder()
                .ollamaApi(OllamaApi.builder()
                        .baseUrl(baseUrl)
                        .webClientBuilder(web)
                        .build())
                .options(chat)
                .build();
        return ModelCall.start(
                model.stream(prompt), listener, () -> client.close(requestId), error -> failures.sort(error, agent));
    }

    /** A redirect is no error to the client: its empty body would be a reply without a word. */
    private static Mono<ClientResponse> unlessRedirected(ClientResponse response) {
        return response.statusCode().is3xxRedirection()
                ? response.createException().flatMap(Mono::error)
                : Mono.just(response);
    }
}
