package dev.holdfast.account;

import dev.holdfast.web.Bounds;
import dev.holdfast.web.Problem;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.LinkedHashMap;
import java.util.Map;

/** How an agent's model is asked. The worker reads the same names from the row; a test holds the two together. */
@Schema(name = "AgentOptions")
record AgentOptionsChange(
        @Schema(description = "0 to 2; left out: the provider's default")
        Double temperature,

        @Schema(description = "0 to 1; left out: the provider's default")
        Double topP,

        @Schema(description = "the longest reply, in tokens; left out: the provider's default")
        Integer maxTokens,

        @Schema(
                description =
                        "about how many tokens the model is given: the system prompt, and of the channel's past what then has room; left out: 16000")
        Integer contextTokens,

        @Schema(description = "how many messages of the channel's past at most")
        Integer contextMessages) {

    void check() {
        mustBeWithin("temperature", temperature, 2);
        mustBeWithin("topP", topP, 1);
        Bounds.within("options.maxTokens", maxTokens, 1_000_000);
        Bounds.within("options.contextTokens", contextTokens, 2_000_000);
        Bounds.within("options.contextMessages", contextMessages, 1_000);
    }

    private static void mustBeWithin(String option, Double value, int most) {
        if (value != null && !(value >= 0 && value <= most)) {
            throw Problem.invalid(
                    "The field \"options.%s\" must be a number from 0 to %d, not %s.".formatted(option, most, value));
        }
    }

    Map<String, Object> json() {
        var named = new LinkedHashMap<String, Object>();
        AgentChange.put(named, "temperature", temperature);
        AgentChange.put(named, "topP", topP);
        AgentChange.put(named, "maxTokens", maxTokens);
        AgentChange.put(named, "contextTokens", contextTokens);
        AgentChange.put(named, "contextMessages", contextMessages);
        return named;
    }
}
