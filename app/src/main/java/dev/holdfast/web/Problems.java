package dev.holdfast.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.EofException;
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
import org.springframework.web.ErrorResponse;
import org.springframework.web.ErrorResponseException;
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
        if (failure instanceof HttpException malformed) { // Jetty's: a query that is no UTF-8
            return Problem.of(HttpStatus.valueOf(malformed.getCode()));
        }
        return Problem.in(failure).orElseGet(() -> fault(failure, path));
    }

    private static Problem fault(Throwable failure, String path) {
        if (nobodyReads(failure)) {
            log.debug("Nobody is left to read the answer to {}: {}", path, failure.toString());
        } else {
            log.error("Request to {} failed", path, failure);
        }
        return Problem.of(HttpStatus.INTERNAL_SERVER_ERROR);
    }

    /** As WholeAnswer says it of every answer that could not be written. */
    private static boolean nobodyReads(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof EofException) return true;
        }
        return false;
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception failure, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        var http = (ServletWebRequest) request;
        var response = http.getResponse();
        if (response != null) {
            write(problem(failure, headers, status, request), http.getRequest(), response);
        }
        return null;
    }

    private static ErrorResponseException problem(
            Exception failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (failure instanceof Problem problem) {
            return problem;
        }
        if (failure instanceof HttpMessageNotReadableException
                && NestedExceptionUtils.getRootCause(failure) instanceof Problem problem) {
            return problem;
        }
        if (failure instanceof HttpMessageNotReadableException
                && NestedExceptionUtils.getRootCause(failure) instanceof IOException) {
            return Problem.cutShort();
        }
        var sentence = sentence(failure, request);
        var told = sentence != null
                ? ProblemDetail.forStatusAndDetail(status, sentence)
                : failure instanceof ErrorResponse known ? known.getBody() : ProblemDetail.forStatus(status);
        var problem = new ErrorResponseException(status, told, failure);
        problem.getHeaders().putAll(headers);
        return problem;
    }

    private static void write(
            ErrorResponseException problem, HttpServletRequest request, HttpServletResponse response) {
        try {
            ProblemWriter.write(problem, request, response);
        } catch (IOException e) {
            log.debug("Nobody is left to read the answer to {}: {}", request.getRequestURI(), e.toString());
        }
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
                "The body must be sent as Content-Type: application/json%s."
                        .formatted(wrong.getContentType() == null ? "" : ", not as " + wrong.getContentType());
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
