package dev.holdfast.model;

import com.anthropic.backends.AnthropicBackend;
import com.anthropic.client.AnthropicClientAsyncImpl;
import com.anthropic.core.ClientOptions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import okhttp3.Dispatcher;
import okhttp3.internal.connection.RealCall;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.anthropic.AnthropicChatModel;
import org.springframework.ai.anthropic.AnthropicChatOptions;
import org.springframework.ai.anthropic.http.okhttp.SpringAiAnthropicHttpClient;
import org.springframework.ai.chat.prompt.Prompt;

/** Anthropic's messages. */
final class AnthropicEndpoint implements Endpoint {
    private static final int LONGEST_REPLY = 8192; // the protocol demands a limit

    private final OpenCalls calls = new OpenCalls();
    private final AnthropicChatModel model;
    private final HttpFailures failures;

    AnthropicEndpoint(@Nullable String baseUrl, String key, ExecutorService threads) {
        failures = new HttpFailures(
                Agent.Provider.ANTHROPIC.title,
                baseUrl == null ? null : "HOLDFAST_ANTHROPIC_BASE_URL",
                "ANTHROPIC_API_KEY",
                key);
        var backend = AnthropicBackend.builder().apiKey(key);
        if (baseUrl != null) backend.baseUrl(baseUrl);
        AnthropicBackend built = backend.build();
        var http = SpringAiAnthropicHttpClient.builder()
                .backend(built)
                .timeout(Duration.ZERO)
                .dispatcherExecutorService(threads)
                .interceptor(calls)
                .interceptor(calls::keepTail)
                .interceptor(new StreamsOnly())
                .interceptor(chain -> {
                    widen(((RealCall) chain.call()).getClient().dispatcher());
                    return chain.proceed(chain.request());
                })
                .build();
        var options = ClientOptions.builder()
                .httpClient(http)
                .streamHandlerExecutor(threads)
                .timeout(Duration.ZERO)
                .maxRetries(0);
        built.applyCredentials(http, options);
        var client = new AnthropicClientAsyncImpl(options.build());
        model = AnthropicChatModel.builder()
                .anthropicClientAsync(client)
                .anthropicClient(client.sync())
                .build();
    }

    /** OkHttp would let only 64 requests wait for an answer; unlike OpenAI's, this client shows its dispatcher only to its calls. */
    private static void widen(Dispatcher dispatcher) {
        if (dispatcher.getMaxRequests() != Integer.MAX_VALUE) {
            dispatcher.setMaxRequests(Integer.MAX_VALUE);
            dispatcher.setMaxRequestsPerHost(Integer.MAX_VALUE);
        }
    }

    @Override
    public ModelCall call(Agent agent, AgentOptions options, Prompt prompt, String requestId, ModelListener listener) {
        var chat = AnthropicChatOptions.builder()
                .model(agent.model())
                .temperature(options.temperature())
                .topP(options.topP())
                .maxTokens(options.maxTokens() == null ? LONGEST_REPLY : options.maxTokens())
                .httpHeaders(Map.of(OpenCalls.REQUEST_ID, requestId))
                .build();
        calls.open(requestId, listener::slack);
        return ModelCall.start(
                model.stream(prompt.mutate().chatOptions(chat).build()),
                listener,
                () -> calls.close(requestId),
                error -> failures.sort(error, agent));
    }
}
