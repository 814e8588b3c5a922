package dev.holdfast.web;

import java.time.Duration;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/**
 * A refusal that a person reads: RFC 9457 problem details whose {@code detail} states the fact, the thing's name and
 * the remedy. Thrown from anywhere on the web side.
 */
public final class Problem extends ErrorResponseException {

    private Problem(HttpStatus status, String detail) {
        super(status, ProblemDetail.forStatusAndDetail(status, detail), null);
    }

    /** 400: the request itself cannot be understood. */
    public static Problem malformed(String detail) {
        return new Problem(HttpStatus.BAD_REQUEST, detail);
    }

    /** 401: nobody is signed in, or the credentials are wrong. */
    public static Problem unauthorized(String detail) {
        return new Problem(HttpStatus.UNAUTHORIZED, detail);
    }

    /** 403: the one who asks may not. */
    public static Problem forbidden(String detail) {
        return new Problem(HttpStatus.FORBIDDEN, detail);
    }

    /** 404: no such thing, or none that the one who asks may know of. */
    public static Problem notFound(String detail) {
        return new Problem(HttpStatus.NOT_FOUND, detail);
    }

    /** 408: not all of the request arrived; a client repeats it. */
    static Problem cutShort() {
        return new Problem(
                HttpStatus.REQUEST_TIMEOUT, "The body did not arrive whole, and nothing was stored. Send it again.");
    }

    /** 409: the thing is not in a state in which this can be done. */
    public static Problem conflict(String detail) {
        return new Problem(HttpStatus.CONFLICT, detail);
    }

    /** 413: the body is larger than anything this program takes. */
    public static Problem tooLarge(String detail) {
        return new Problem(HttpStatus.CONTENT_TOO_LARGE, detail);
    }

    /** 422: understood, but not acceptable. */
    public static Problem invalid(String detail) {
        return new Problem(HttpStatus.UNPROCESSABLE_CONTENT, detail);
    }

    /** 429 with Retry-After, in whole seconds and never 0. */
    public static Problem tooMany(String detail, Duration wait) {
        return new Problem(HttpStatus.TOO_MANY_REQUESTS, detail).retryAfter(wait);
    }

    /** 503 with Retry-After: nothing wrong with the request, so a client repeats it. */
    public static Problem unavailable(String detail, Duration wait) {
        return new Problem(HttpStatus.SERVICE_UNAVAILABLE, detail).retryAfter(wait);
    }

    /** The refusal that a failure stands for, if it is one. */
    public static Optional<Problem> in(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Problem problem) {
                return Optional.of(problem);
            }
        }
        return DatabaseProblem.of(failure);
    }

    /** Any other status, of which no more is known than its name. */
    static Problem of(HttpStatus status) {
        var sentence = status.is5xxServerError()
                ? "Something went wrong on the server, and it is in its log. Try again."
                : "The request was refused: %s. Check its address and headers.".formatted(status.getReasonPhrase());
        return new Problem(status, sentence);
    }

    private Problem retryAfter(Duration wait) {
        var seconds = Math.max(1, (wait.toMillis() + 999) / 1000);
        getHeaders().set("Retry-After", Long.toString(seconds));
        getBody().setProperty("retryAfter", seconds);
        return this;
    }
}
