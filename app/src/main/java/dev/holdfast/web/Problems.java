package dev.holdfast.web;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Every error of the REST side becomes problem details here, with a sentence. */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(Problems.class);

    @ExceptionHandler
    @Nullable
    ResponseEntity<Object> anythingElse(Exception failure, WebRequest request) throws Exception {
        var problem = of(failure, path(request));
        return handleErrorResponseException(problem, problem.getHeaders(), problem.getStatusCode(), request);
    }

    /** The refusal that a failure stands for; a fault of this program is logged and becomes a 500 without details. */
    static Problem of(Throwable failure, String path) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Problem problem) {
                return problem;
            }
        }
        return DatabaseProblem.of(failure).orElseGet(() -> fault(failure, path));
    }

    private static Problem fault(Throwable failure, String path) {
        log.error("Request to {} failed", path, failure);
        return Problem.of(HttpStatus.INTERNAL_SERVER_ERROR);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception failure, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (failure instanceof HttpMessageNotReadableException
                && NestedExceptionUtils.getRootCause(failure) instanceof Problem problem) {
            return super.handleExceptionInternal(
                    problem, problem.getBody(), problem.getHeaders(), problem.getStatusCode(), request);
        }
        var sentence = sentence(failure, request);
        if (sentence != null) {
            body = ProblemDetail.forStatusAndDetail(status, sentence);
        }
        return super.handleExceptionInternal(failure, body, headers, status, request);
    }

    private static @Nullable String sentence(Exception failure, WebRequest request) {
        return switch (failure) {
            case HttpMessageNotReadableException unreadable -> UnreadableBody.sentence(unreadable);
            case MethodArgumentTypeMismatchException wrong ->
                "\"%s\" in the address must be %s, not \"%s\"."
                        .formatted(wrong.getName(), UnreadableBody.kind(wrong.getRequiredType()), wrong.getValue());
            case TypeMismatchException wrong ->
                "\"%s\" is not %s.".formatted(wrong.getValue(), UnreadableBody.kind(wrong.getRequiredType()));
            case MissingServletRequestParameterException missing ->
                "The address needs the parameter \"%s\", as in ?%s=…"
                        .formatted(missing.getParameterName(), missing.getParameterName());
            case HttpMediaTypeNotSupportedException wrong ->
                "The body must be sent as Content-Type: application/json, not as %s.".formatted(wrong.getContentType());
            case HttpMediaTypeNotAcceptableException ignored -> "This call answers with application/json; accept it.";
            case HttpRequestMethodNotSupportedException wrong ->
                "%s does not take %s; it takes %s."
                        .formatted(
                                path(request),
                                wrong.getMethod(),
                                String.join(", ", orNone(wrong.getSupportedMethods())));
            case NoResourceFoundException ignored -> "There is nothing at %s.".formatted(path(request));
            default -> null;
        };
    }

    private static String[] orNone(String @Nullable [] methods) {
        return methods == null
                ? new String[] {"nothing"}
                : Arrays.stream(methods).sorted().toArray(String[]::new);
    }

    private static String path(WebRequest request) {
        return ((ServletWebRequest) request).getRequest().getRequestURI();
    }
}
