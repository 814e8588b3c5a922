package dev.holdfast.model;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An agent's options, from agent.options.
 *
 * @param temperature 0 to 2; null: the provider's default
 * @param topP 0 to 1; null: the provider's default
 * @param maxTokens the longest reply in tokens; null: the provider's default
 * @param contextTokens as {@link #budget}; null: the default
 * @param contextMessages how many messages at most
 */
public record AgentOptions(
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer maxTokens,
        @Nullable Integer contextTokens,
        int contextMessages) {

    public static final AgentOptions DEFAULTS = new AgentOptions(null, null, null, null, 200);

    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> KNOWN =
            List.of("temperature", "topP", "maxTokens", "contextTokens", "contextMessages");

    /** @throws IllegalArgumentException with a sentence that names the wrong option and what it may be */
    public static AgentOptions parse(String json) {
        JsonNode options = read(json);
        for (String name : options.propertyNames()) {
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException(
                        "The agent option '" + name + "' is not known; known are " + String.join(", ", KNOWN) + ".");
            }
        }
        return new AgentOptions(
                number(options, "temperature", 2),
                number(options, "topP", 1),
                whole(options, "maxTokens", 1_000_000),
                whole(options, "contextTokens", 2_000_000),
                orElse(whole(options, "contextMessages", 1_000), DEFAULTS.contextMessages));
    }

    /** About how many tokens the model is given: the system prompt, and of the channel's past what then has room. */
    public int budget() {
        return orElse(contextTokens, 16_000);
    }

    private static JsonNode read(String json) {
        try {
            JsonNode options = JSON.readTree(json);
            if (options.isObject()) return options;
        } catch (JacksonException e) {
            // answered below: what matters to its writer is what it should have been
        }
        throw new IllegalArgumentException(
                "The agent's options must be a JSON object, such as {\"temperature\": 0.7}.");
    }

    private static @Nullable Double number(JsonNode options, String name, double most) {
        JsonNode value = options.path(name);
        if (value.isMissingNode() || value.isNull()) return null;
        if (!value.isNumber() || value.asDouble() < 0 || value.asDouble() > most) {
            throw wrong(name, value, "a number from 0 to " + (int) most);
        }
        return value.asDouble();
    }

    private static @Nullable Integer whole(JsonNode options, String name, int most) {
        JsonNode value = options.path(name);
        if (value.isMissingNode() || value.isNull()) return null;
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1 || value.asInt() > most) {
            throw wrong(name, value, "a whole number from 1 to " + most);
        }
        return value.asInt();
    }

    private static int orElse(@Nullable Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }

    private static IllegalArgumentException wrong(String name, JsonNode value, String wanted) {
        return new IllegalArgumentException(
                "The agent option '" + name + "' is " + value + ", but must be " + wanted + ".");
    }
}
