package dev.holdfast.account;

import dev.holdfast.web.Bounds;
import dev.holdfast.web.Problem;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.json.JsonMapper;

/** What an administrator wants an agent to be. What is left out stays as it is, or as it is by default. */
record AgentChange(
        String handle,
        String displayName,

        @Schema(allowableValues = {"openai", "anthropic", "ollama", "guide"})
        String provider,

        String model,
        String systemPrompt,

        @Schema(description = "all of them: those that are left out are as by default")
        AgentOptionsChange options,

        @Schema(description = "generations at once; null: no limit", implementation = Integer.class, nullable = true)
        @JsonDeserialize(using = Limit.class)
        Optional<Integer> maxConcurrency,

        Boolean paused,

        @Schema(description = "whether other agents may summon it")
        Boolean answersAgents,

        @Schema(description = "longest wait for the first token, in seconds")
        Integer firstTokenSeconds,

        @Schema(description = "longest silence after it, in seconds")
        Integer idleSeconds,

        @Schema(description = "longest generation, in seconds")
        Integer totalSeconds,

        @Schema(
                description =
                        "no longer summoned, and not offered any more; what it says and what waits for it is stopped")
        Boolean disabled) {

    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> PROVIDERS = List.of("openai", "anthropic", "ollama", "guide");
    private static final int LONGEST_PROMPT = 32_000;
    private static final int A_DAY = 86_400;

    /** Jackson's own makes a field that is left out the same as one that is null, which here takes the limit away. */
    static final class Limit extends ValueDeserializer<Optional<Integer>> {

        @Override
        public Optional<Integer> deserialize(JsonParser parser, DeserializationContext context) {
            return Optional.of(context.readValue(parser, Integer.class));
        }

        @Override
        public Optional<Integer> getNullValue(DeserializationContext context) {
            return Optional.empty();
        }

        @Override
        public @Nullable Object getAbsentValue(DeserializationContext context) {
            return null;
        }
    }

    /** Refuses what cannot be, naming the field. */
    void check() {
        if (handle != null) {
            Handle.checked(handle);
        }
        if (displayName != null) {
            DisplayName.checked(displayName);
        }
        if (provider != null && !PROVIDERS.contains(provider)) {
            throw Problem.invalid(
                    "\"%s\" is not a provider; there are %s.".formatted(provider, String.join(", ", PROVIDERS)));
        }
        mustHaveLength("model", model, 1, 200);
        mustHaveLength("systemPrompt", systemPrompt, 0, LONGEST_PROMPT);
        if (maxConcurrency != null) {
            Bounds.within("maxConcurrency", maxConcurrency.orElse(null), 100_000);
        }
        if (options != null) {
            options.check();
        }
        Bounds.within("firstTokenSeconds", firstTokenSeconds, A_DAY);
        Bounds.within("idleSeconds", idleSeconds, A_DAY);
        Bounds.within("totalSeconds", totalSeconds, A_DAY);
    }

    private static void mustHaveLength(String field, @Nullable String value, int least, int most) {
        if (value != null && (value.strip().length() < least || value.length() > most)) {
            throw Problem.invalid("The field \"%s\" must have %d to %d characters; it has %d."
                    .formatted(field, least, most, value.strip().length()));
        }
    }

    /** As chat.change_agent takes it: only what was named. */
    String json() {
        var named = new LinkedHashMap<String, Object>();
        put(named, "handle", handle);
        put(named, "displayName", displayName == null ? null : displayName.strip());
        put(named, "provider", provider);
        put(named, "model", model == null ? null : model.strip());
        put(named, "systemPrompt", systemPrompt);
        put(named, "options", options == null ? null : options.json());
        if (maxConcurrency != null) {
            named.put("maxConcurrency", maxConcurrency.orElse(null));
        }
        put(named, "paused", paused);
        put(named, "answersAgents", answersAgents);
        put(named, "firstTokenSeconds", firstTokenSeconds);
        put(named, "idleSeconds", idleSeconds);
        put(named, "totalSeconds", totalSeconds);
        put(named, "disabled", disabled);
        return JSON.writeValueAsString(named);
    }

    static void put(Map<String, Object> named, String field, @Nullable Object value) {
        if (value != null) {
            named.put(field, value);
        }
    }
}
