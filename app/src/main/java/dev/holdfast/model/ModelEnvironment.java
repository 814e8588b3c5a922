package dev.holdfast.model;

import dev.holdfast.StartFailure;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * Which providers this process may call. Keys and addresses are the operator's alone: they come from the environment,
 * and nothing that members can write leads anywhere else.
 */
record ModelEnvironment(
        @Nullable String openAiBaseUrl,
        @Nullable String openAiKey,
        @Nullable String anthropicBaseUrl,
        @Nullable String anthropicKey,
        @Nullable String ollamaBaseUrl) {

    static final String LOCAL_OLLAMA = "http://localhost:11434";
    private static final int HIGHEST_PORT = 65_535;

    /** @throws StartFailure naming the variable whose address or key is none */
    static ModelEnvironment from(Environment environment) {
        return new ModelEnvironment(
                address(environment, "OPENAI_BASE_URL"),
                key(environment, "OPENAI_API_KEY"),
                address(environment, "holdfast.anthropic-base-url"),
                key(environment, "ANTHROPIC_API_KEY"),
                address(environment, "OLLAMA_BASE_URL"));
    }

    /** A server of one's own needs no key. */
    boolean openAi() {
        return openAiKey != null || openAiBaseUrl != null;
    }

    boolean anthropic() {
        return anthropicKey != null;
    }

    String ollama() {
        return ollamaBaseUrl == null ? LOCAL_OLLAMA : ollamaBaseUrl;
    }

    private static @Nullable String text(Environment environment, String name) {
        String value = environment.getProperty(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    /** A header with other characters would be refused by the HTTP client, which then quotes the key. */
    private static @Nullable String key(Environment environment, String name) {
        String value = text(environment, name);
        if (value != null && !value.matches("[!-~]+")) {
            throw new StartFailure(
                    name + " holds a space, a line break or another character that no key has; copy the key again");
        }
        return value;
    }

    private static @Nullable String address(Environment environment, String name) {
        String value = text(environment, name);
        if (value == null) return null;
        URI address = uri(value);
        if (address == null || address.getHost() == null || address.getPort() > HIGHEST_PORT) {
            throw new StartFailure(StartFailure.variable(name)
                    + " is not an address; write it as http://host:port or https://host/v1,"
                    + " without ? and #, without a _ in the host's name, and with a port up to " + HIGHEST_PORT);
        }
        if (address.getRawUserInfo() != null) {
            throw new StartFailure(StartFailure.variable(name)
                    + " holds a user or a password, which would be sent to nobody; leave them out");
        }
        return value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
    }

    private static @Nullable URI uri(String value) {
        try {
            return value.matches("https?://[^?#]+") ? new URI(value) : null;
        } catch (URISyntaxException e) {
            return null; // it quotes the address, of which a password may be part
        }
    }

    /** Without the keys: records end up in logs. */
    @Override
    public String toString() {
        return "ModelEnvironment[openai=" + openAi() + ", anthropic=" + anthropic() + ", ollama=" + ollama() + "]";
    }
}
