package dev.holdfast.model;

import com.anthropic.core.http.Headers;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.SseException;
import java.util.List;
import java.util.concurrent.CompletionException;

final class AnthropicFailures {
    private AnthropicFailures() {}

    static Failure sort(Throwable error, Agent agent, String key) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof SseException) {
            return new Failure.TryAgain("the model's server failed mid-answer", "server_error");
        }
        if (cause instanceof AnthropicServiceException service) {
            return HttpFailures.sort(
                    service.statusCode(),
                    header(service.headers(), "Retry-After"),
                    "",
                    HttpFailures.without(key, service.getMessage()),
                    agent);
        }
        return HttpFailures.broken(cause);
    }

    private static String header(Headers headers, String name) {
        List<String> values = headers.values(name);
        return values.isEmpty() ? "" : values.getFirst();
    }
}
