package dev.holdfast.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.json.ProblemDetailJacksonMixin;
import org.springframework.web.ErrorResponseException;
import tools.jackson.databind.json.JsonMapper;

/** The one place that writes problem details, in controllers and in filters, whatever the request accepts. Thread-safe. */
public final class ProblemWriter {

    /** Here too, because much is refused before Spring Security had its say. */
    static final Map<String, String> SECURITY = Map.of(
            "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options", "nosniff",
            "Cache-Control", "no-store");

    private static final JsonMapper JSON = JsonMapper.builder()
            .addMixIn(ProblemDetail.class, ProblemDetailJacksonMixin.class)
            .build();

    private ProblemWriter() {}

    /** Answers with the problem unless the answer is already on its way. */
    public static void write(ErrorResponseException problem, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (response.isCommitted()) {
            return;
        }
        response.resetBuffer();
        response.setStatus(problem.getStatusCode().value());
        problem.getHeaders().forEach((name, values) -> values.forEach(value -> response.setHeader(name, value)));
        problem.getBody().setInstance(asked(request));
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        SECURITY.forEach(response::setHeader);
        var body = json(problem);
        response.setContentLength(body.length); // not that of an answer which could not be written
        response.getOutputStream().write(body);
    }

    /** Not the address of the container's own error handling; null where what was asked for is none. */
    private static @Nullable URI asked(HttpServletRequest request) {
        var address = request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI) instanceof String failed
                ? failed
                : request.getRequestURI();
        try {
            return new URI(address);
        } catch (URISyntaxException e) {
            return null;
        }
    }

    static byte[] json(ErrorResponseException problem) {
        return JSON.writeValueAsString(problem.getBody()).getBytes(StandardCharsets.UTF_8);
    }
}
