package dev.holdfast.model;

import java.time.Duration;
import java.util.UUID;

/**
 * The model side of an agent's account, as its row says.
 *
 * @param options as JSON; parsed by {@link #parsedOptions()}, since whoever wrote the row may have erred
 * @param firstTokenLimit how long the model may take to say its first word
 * @param idleLimit how long it may pause between words
 * @param totalLimit how long one attempt may take
 */
public record Agent(
        UUID id,
        String handle,
        String displayName,
        Provider provider,
        String model,
        String systemPrompt,
        String options,
        Duration firstTokenLimit,
        Duration idleLimit,
        Duration totalLimit) {

    public enum Provider {
        OPENAI("OpenAI"),
        ANTHROPIC("Anthropic"),
        OLLAMA("Ollama"),
        GUIDE("The guide");

        final String title;

        Provider(String title) {
            this.title = title;
        }
    }

    /** @throws IllegalArgumentException as {@link AgentOptions#parse} */
    public AgentOptions parsedOptions() {
        return AgentOptions.parse(options);
    }
}
