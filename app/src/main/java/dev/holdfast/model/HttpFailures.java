package dev.holdfast.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.errors.SseException;
import dev.holdfast.model.Failure.GiveUp;
import dev.holdfast.model.Failure.TryAgain;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.UnsupportedMediaTypeException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/** Sorts what comes from one provider's server instead of a reply: statuses, broken connections, and words for a context that is too long. */
final class HttpFailures {
    private static final Pattern TOO_LONG = Pattern.compile(
            "context.{0,20}(length|window|size|limit)|(prompt|input) is too long|prompt length|too many tokens"
                    + "|maximum.{0,20}tokens|exceeds? the.{0,20}context",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern OF_A_KEY =
            Pattern.compile("key|token|auth|credential|permission", Pattern.CASE_INSENSITIVE);
    private static final Pattern OF_THE_MODEL = Pattern.compile("model|deployment", Pattern.CASE_INSENSITIVE);
    private static final Pattern SECRET =
            Pattern.compile("\\b(sk|key|pk)-[A-Za-z0-9_*.-]{4,}|Bearer\\s+\\S+|[^\\s\"']*\\*{3,}[^\\s\"']*");
    private static final int LONGEST_QUOTE = 200;
    private static final int LONGEST_DETAIL = 1000;

    private final String server;
    private final @Nullable String address;
    private final String keyVariable;
    private final @Nullable String key;

    /**
     * @param server as people know it
     * @param address the variable that says where it is; null: the provider's own address
     * @param keyVariable the variable that holds its key
     * @param key null: none is sent
     */
    HttpFailures(String server, @Nullable String address, String keyVariable, @Nullable String key) {
        this.server = server;
        this.address = address;
        this.keyVariable = keyVariable;
        this.key = key;
    }

    Failure sort(Throwable error, Agent agent) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof StreamsOnly.NoStream answer) {
                return sort(answer.status, answer.retryAfter, answer.body, agent);
            }
            if (cause instanceof WebClientResponseException answer && !brokeOff(answer)) {
                return sort(
                        answer.getStatusCode().value(),
                        answer.getHeaders().getFirst("Retry-After"),
                        answer.getResponseBodyAsString(),
                        agent);
            }
            if (cause instanceof SseException event) {
                return midAnswer(event, agent);
            }
            if (cause instanceof com.anthropic.errors.SseException || cause instanceof OllamaRequest.ErrorLine) {
                return midAnswer(String.valueOf(cause.getMessage()), agent);
            }
        }
        return broken(error, key);
    }

    /** Spring wraps in the status also what breaks later, in the body; of another type than Ollama's it reads none. */
    private static boolean brokeOff(WebClientResponseException answer) {
        return answer.getStatusCode().is2xxSuccessful()
                && !(answer.getCause() instanceof UnsupportedMediaTypeException);
    }

    private Failure sort(int answered, @Nullable String retryAfter, String body, Agent agent) {
        ErrorBody said = ErrorBody.parse(body);
        int status = answered < 300 && said.status() != 0 ? said.status() : answered;
        String detail = "status " + answered + ": "
                + line(said.sentence().isEmpty() ? body : said.sentence(), key, LONGEST_DETAIL);
        if (status == 429 && said.words().contains("insufficient_quota")) {
            return new GiveUp(
                    capital(server) + " says that this account's quota is used up. Check its plan and billing.",
                    "quota",
                    detail);
        }
        if (status == 413 || ((status == 400 || status == 422 || status == 500) && tooLong(said))) {
            return tooLong(agent, detail);
        }
        return switch (status) {
            case 429 -> again("rate limited", "rate_limited", retryAfter, detail);
            case 503, 529 -> again("the model is overloaded", "overloaded", retryAfter, detail);
            case 408, 409, 425 -> again("the model's server timed out", "server_error", retryAfter, detail);
            case 401 -> badKey(detail);
            case 403 ->
                said.sentence().isEmpty() || OF_A_KEY.matcher(said.sentence()).find()
                        ? badKey(detail)
                        : refused(status, said, detail);
            case 404, 405 ->
                address == null
                                || OF_THE_MODEL
                                        .matcher(said.words() + " " + said.sentence())
                                        .find()
                        ? new GiveUp(
                                "The model " + agent.model() + " is not known to " + server + ". Choose another for @"
                                        + agent.handle() + ".",
                                "unknown_model",
                                detail)
                        : wrongAddress(detail);
            default ->
                status < 400
                        ? wrongAddress(detail)
                        : status < 500
                                ? refused(status, said, detail)
                                : again(
                                        "the model's server failed (" + status + ")",
                                        "server_error",
                                        retryAfter,
                                        detail);
        };
    }

    /** An event of the stream that tells of an error; some tell the status that they would have answered with. */
    private Failure midAnswer(SseException event, Agent agent) {
        String body = String.valueOf(event.body().convert(JsonNode.class));
        int status = ErrorBody.parse(body).status();
        return status == 0 ? midAnswer(String.valueOf(event.getMessage()), agent) : sort(status, null, body, agent);
    }

    /** As above, where no status is told. */
    private Failure midAnswer(String message, Agent agent) {
        String detail = line(message, key, LONGEST_DETAIL);
        return TOO_LONG.matcher(message).find()
                ? tooLong(agent, detail)
                : again("the model's server failed mid-answer", "server_error", null, detail);
    }

    private static boolean tooLong(ErrorBody said) {
        return said.words().contains("context_length")
                || TOO_LONG.matcher(said.sentence()).find();
    }

    private static Failure tooLong(Agent agent, String detail) {
        return new GiveUp(
                "This conversation is too long for the model " + agent.model()
                        + ". Lower the agent's contextTokens, or ask in a new channel.",
                "context_too_long",
                detail);
    }

    private static Failure again(String reason, String code, @Nullable String retryAfter, String detail) {
        return new TryAgain(reason, code, RetryAfter.parse(retryAfter, Instant.now()), detail);
    }

    private Failure badKey(String detail) {
        String what = key == null
                ? " asks for an API key. An operator must set " + keyVariable
                : " refused the API key. An operator must set a valid one";
        return new GiveUp(capital(server) + what + " and restart the worker.", "bad_key", detail);
    }

    private Failure wrongAddress(String detail) {
        String what = address == null
                ? "Something else answers in the place of " + server
                        + ". An operator must see what stands between it and the worker."
                : "No model answers at the address in " + address
                        + ". An operator must correct it (such addresses often end in /v1) and restart the worker.";
        return new GiveUp(what, "wrong_address", detail);
    }

    private Failure refused(int status, ErrorBody said, String detail) {
        String quoted = line(said.sentence(), key, LONGEST_QUOTE);
        if (quoted.isEmpty()) quoted = "status " + status;
        String end = quoted.matches(".*[.!?…]") ? "" : ".";
        return new GiveUp(capital(server) + " refused the request: " + quoted + end, "refused", detail);
    }

    /** A failure without a status: the connection, or what came over it. */
    static Failure broken(Throwable error) {
        return broken(error, null);
    }

    private static Failure broken(Throwable error, @Nullable String key) {
        var names = new LinkedHashSet<String>();
        String said = "";
        String reason = "the model's answer could not be understood";
        String code = "garbled";
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            names.add(cause.getClass().getSimpleName());
            if (cause.getMessage() != null) said = ": " + cause.getMessage();
            if (cause instanceof IOException || cause instanceof TimeoutException) {
                if (code.equals("garbled")) reason = "the connection to the model broke";
                code = "connection";
            }
            // the innermost is the most exact: the JDK's client wraps an unknown host in a refused connection
            if (cause instanceof ConnectException) reason = "nothing answers at the model's address";
            if (cause instanceof SSLException) reason = "the secure connection to the model failed";
            if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
                reason = "the host in the model's address is not known";
            }
        }
        return new TryAgain(reason, code, null, line(String.join(", ", names) + said, key, LONGEST_DETAIL));
    }

    /** One line, short enough to read and without anything that looks like a key; some servers repeat the key that they refuse. */
    private static String line(String text, @Nullable String key, int longest) {
        String keyless = key == null ? text : text.replace(key, "***");
        // a body may be 64 kB; what is cut here, a secret at the edge too, is far behind what is shown
        String some = keyless.substring(0, Math.min(keyless.length(), 8 * longest));
        String safe = SECRET.matcher(some).replaceAll("***");
        String line = safe.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
        return line.length() <= longest ? line : line.substring(0, longest) + "…";
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
