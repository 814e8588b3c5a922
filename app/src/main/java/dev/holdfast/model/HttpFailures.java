package dev.holdfast.model;

import dev.holdfast.model.Failure.GiveUp;
import dev.holdfast.model.Failure.TryAgain;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the providers have in common: statuses, broken connections, and words for a context that is too long. */
final class HttpFailures {
    private static final Pattern TOO_LONG = Pattern.compile(
            "context.{0,20}(length|window|size)|prompt is too long|too many tokens|maximum.{0,20}tokens|input is too long"
                    + "|exceeds? the.{0,20}context",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern SECRET = Pattern.compile("(sk|key|pk)-[A-Za-z0-9_*.-]{4,}|Bearer\\s+\\S+");
    private static final int LONGEST_QUOTE = 200;

    private HttpFailures() {}

    /**
     * @param code the provider's word for the error; empty: none
     * @param message the provider's sentence
     */
    static Failure sort(int status, @Nullable String retryAfter, String code, String message, Agent agent) {
        String title = agent.provider().title;
        if (status == 429 && code.equals("insufficient_quota")) {
            return new GiveUp(
                    title + " says that this account's quota is used up. Check its plan and billing.", "quota");
        }
        if (status == 429) {
            return new TryAgain("rate limited", "rate_limited", RetryAfter.parse(retryAfter, Instant.now()));
        }
        if (status == 413
                || (status == 400
                        && (code.contains("context_length")
                                || TOO_LONG.matcher(message).find()))) {
            return new GiveUp(
                    "This conversation is too long for the model " + agent.model()
                            + ". Lower the agent's contextTokens, or ask in a new channel.",
                    "context_too_long");
        }
        return switch (status) {
            case 401, 403 ->
                new GiveUp(
                        title + " refused the API key. An operator must set a valid one and restart the worker.",
                        "bad_key");
            case 404 ->
                new GiveUp(
                        "The model " + agent.model() + " is not known to " + title + ". Choose another for @"
                                + agent.handle() + ".",
                        "unknown_model");
            case 503, 529 ->
                new TryAgain("the model is overloaded", "overloaded", RetryAfter.parse(retryAfter, Instant.now()));
            case 408, 409, 425 -> new TryAgain("the model's server timed out", "server_error");
            default ->
                status >= 400 && status < 500
                        ? new GiveUp(title + " refused the request: " + quote(message), "refused")
                        : new TryAgain(
                                "the model's server failed (" + status + ")",
                                "server_error",
                                RetryAfter.parse(retryAfter, Instant.now()));
        };
    }

    /** A failure without a status: the connection, or what came over it. */
    static Failure broken(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException || cause instanceof TimeoutException) {
                return new TryAgain("the connection to the model broke", "connection");
            }
        }
        return new TryAgain("the model's answer could not be understood", "garbled");
    }

    /** Some servers repeat the key that they refuse. */
    static String without(@Nullable String key, @Nullable String message) {
        String text = String.valueOf(message);
        return key == null ? text : text.replace(key, "***");
    }

    /** A provider's sentence, short enough to read and without anything that looks like a key. */
    private static String quote(String message) {
        String safe = SECRET.matcher(message)
                .replaceAll("***")
                .replaceFirst("^\\d{3}: ", "")
                .strip();
        String quoted = safe.length() <= LONGEST_QUOTE ? safe : safe.substring(0, LONGEST_QUOTE) + "…";
        return quoted.matches("(?s).*[.!?…}\"]") ? quoted : quoted + ".";
    }
}
