package dev.holdfast.model;

import com.openai.client.OpenAIClientAsync;
import com.openai.client.OpenAIClientAsyncImpl;
import com.openai.core.ClientOptions;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.http.okhttp.SpringAiOpenAiHttpClient;
import reactor.core.publisher.Mono;

/** OpenAI, or any server that speaks its chat completions. */
final class OpenAiEndpoint implements Endpoint {
    private static final String OPENAI_HOST = "api.openai.com";
    private static final String OPENAI = "https://" + OPENAI_HOST + "/v1";

    private final OpenCalls calls = new OpenCalls();
    private final OpenAIClientAsync client;
    private final boolean newNames;
    private final HttpFailures failures;

    /** @param key null for a server of one's own that asks for none */
    OpenAiEndpoint(@Nullable String baseUrl, @Nullable String key, ExecutorService threads) {
        String host = baseUrl == null
                ? OPENAI_HOST
                : String.valueOf(URI.create(baseUrl).getHost());
        boolean openAiItself = host.equals(OPENAI_HOST) || host.endsWith("." + OPENAI_HOST);
        newNames = openAiItself || isAzure(baseUrl);
        failures = openAiItself
                ? new HttpFailures(Agent.Provider.OPENAI.title, null, "OPENAI_API_KEY", key)
                : new HttpFailures("the server of OPENAI_BASE_URL", "OPENAI_BASE_URL", "OPENAI_API_KEY", key);
        var http = SpringAiOpenAiHttpClient.builder()
                .timeout(Duration.ZERO)
                .dispatcherExecutorService(threads)
                .interceptor(calls)
                .interceptor(chain -> calls.gather(chain, threads))
                .interceptor(calls::keepTail)
                .interceptor(new StreamsOnly());
        if (key == null) {
            http.interceptor(chain -> chain.proceed(
                    chain.request().newBuilder().removeHeader("Authorization").build()));
        }
        SpringAiOpenAiHttpClient built = http.build();
        // OkHttp would let only 64 requests wait for an answer; the slots are the limit here
        built.getOkHttpClient().dispatcher().setMaxRequests(Integer.MAX_VALUE);
        built.getOkHttpClient().dispatcher().setMaxRequestsPerHost(Integer.MAX_VALUE);
        client = new OpenAIClientAsyncImpl(ClientOptions.builder()
                .httpClient(built)
                .jsonMapper(TolerantChunks.mapper())
                .baseUrl(baseUrl == null ? OPENAI : baseUrl)
                .apiKey(key == null ? "none" : key)
                .streamHandlerExecutor(threads)
                .timeout(Duration.ZERO)
                .maxRetries(0)
                .build());
    }

    /** Behind the address that speaks as OpenAI's does; those with versions in it are older. */
    static boolean isAzure(@Nullable String baseUrl) {
        return baseUrl != null && baseUrl.matches("https://[^/]+\\.openai\\.azure\\.com/openai/v1/?");
    }

    @Override
    public ModelCall call(Agent agent, AgentOptions options, Prompt prompt, String requestId, ModelListener listener) {
        // the options of Spring AI carry no header of one request, so the client does
        var named = client.withOptions(with -> with.putHeader(OpenCalls.REQUEST_ID, requestId));
        var model = OpenAiChatModel.builder()
                .openAiClientAsync(named)
                .openAiClient(named.sync())
                .options(options(agent, options))
                .build();
        calls.open(requestId, listener::slack);
        return ModelCall.start(
                model.stream(prompt).concatWith(Mono.fromSupplier(() -> end(requestId))),
                listener,
                () -> calls.close(requestId),
                error -> failures.sort(error, agent));
    }

    /** A last response, with what Spring AI leaves out: the finish reason as the server calls it. */
    private @Nullable ChatResponse end(String requestId) {
        String reason = calls.finishReason(requestId);
        if (reason == null) return null;
        var metadata = ChatGenerationMetadata.builder().finishReason(reason).build();
        return new ChatResponse(List.of(new Generation(new AssistantMessage(""), metadata)));
    }

    OpenAiChatOptions options(Agent agent, AgentOptions options) {
        var chat = OpenAiChatOptions.builder()
                .model(agent.model())
                .temperature(options.temperature())
                .topP(options.topP())
                .streamUsage(true)
                .maxRetries(0)
                .timeout(Duration.ZERO); // else Spring AI ends every reply after a minute; the slot keeps the agent's
        // limits
        // newer models refuse the old name, and servers of one's own know only that
        return (newNames ? chat.maxCompletionTokens(options.maxTokens()) : chat.maxTokens(options.maxTokens())).build();
    }
}
