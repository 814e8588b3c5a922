package dev.holdfast.model;

import org.springframework.web.reactive.function.client.WebClientResponseException;

final class OllamaFailures {
    private OllamaFailures() {}

    static Failure sort(Throwable error, Agent agent) {
        if (error instanceof WebClientResponseException response) {
            return HttpFailures.sort(
                    response.getStatusCode().value(),
                    response.getHeaders().getFirst("Retry-After"),
                    "",
                    response.getResponseBodyAsString(),
                    agent);
        }
        return HttpFailures.broken(error);
    }
}
