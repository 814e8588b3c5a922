package dev.holdfast.model;

import com.openai.core.JsonObject;
import com.openai.core.JsonString;
import com.openai.core.http.Headers;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.SseException;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

final class OpenAiFailures {
    private OpenAiFailures() {}

    static Failure sort(Throwable error, Agent agent, @Nullable String key) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof SseException) {
            return new Failure.TryAgain("the model's server failed mid-answer", "server_error");
        }
        if (cause instanceof OpenAIServiceException service) {
            return HttpFailures.sort(
                    service.statusCode(),
                    header(service.headers(), "Retry-After"),
                    code(service),
                    HttpFailures.without(key, service.getMessage()),
                    agent);
        }
        return HttpFailures.broken(cause);
    }

    /** Some servers send a number, which code() of the SDK answers with an exception. */
    private static String code(OpenAIServiceException service) {
        return service.body() instanceof JsonObject error && error.values().get("code") instanceof JsonString word
                ? word.value()
                : "";
    }

    private static String header(Headers headers, String name) {
        List<String> values = headers.values(name);
        return values.isEmpty() ? "" : values.getFirst();
    }
}
