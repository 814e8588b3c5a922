package dev.holdfast.model;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.ollama.OllamaChatModel;
import org.springframework.ai.ollama.api.OllamaApi;
import org.springframework.ai.ollama.api.OllamaChatOptions;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

/** Ollama, on this machine or another. */
final class OllamaEndpoint implements Endpoint {
    private final String baseUrl;
    private final OllamaClient client;
    private final JdkClientHttpConnector connector;

    OllamaEndpoint(String baseUrl, ExecutorService threads) {
        this.baseUrl = baseUrl;
        this.client = new OllamaClient(HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .executor(threads)
                .build());
        this.connector = new JdkClientHttpConnector(client);
    }

    @Override
    public ModelCall call(Agent agent, AgentOptions options, Prompt prompt, String requestId, ModelListener listener) {
        var web = WebClient.builder().clientConnector(connector).defaultHeader(OpenCalls.REQUEST_ID, requestId);
        var chat = OllamaChatOptions.builder()
                .model(agent.model())
                .temperature(options.temperature())
                .topP(options.topP())
                .numPredict(options.maxTokens())
                .build();
        var model = OllamaChatModel.builder()
                .ollamaApi(OllamaApi.builder()
                        .baseUrl(baseUrl)
                        .webClientBuilder(web)
                        .build())
                .options(chat)
                .build();
        return ModelCall.start(
                model.stream(prompt),
                listener,
                () -> client.close(requestId),
                error -> OllamaFailures.sort(error, agent));
    }
}
