package dev.holdfast.model;

import dev.holdfast.model.Failure.GiveUp;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;

/** Reads a provider's responses in order: the text, the token counts, and whether the model finished or was merely cut off. */
final class Transcript {
    private static final GiveUp REFUSED = new GiveUp("The model refused to answer. Ask in other words.", "refused");
    private static final ModelEnd.Cut BROKE_OFF =
            new ModelEnd.Cut("The model broke off and refused to go on. Ask in other words.", "refused");

    /** Words for an end that is none: vLLM's and SGLang's, OpenRouter's, DeepSeek's, Zhipu's. */
    private static final Set<String> CUT =
            Set.of("abort", "error", "insufficient_system_resource", "network_error", "model_error");

    /** OpenAI's, Anthropic's, Zhipu's, and those that Gemini has. */
    private static final Set<String> REFUSALS = Set.of(
            "content_filter",
            "refusal",
            "sensitive",
            "safety",
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii");

    private boolean spoke;
    private boolean refused; // in OpenAI's field for it; the reason is then that of an answer
    private @Nullable String finish;
    private @Nullable Integer inputTokens;
    private @Nullable Integer outputTokens;

    /** @return what was said, empty: nothing */
    String read(ChatResponse response) {
        count(response.getMetadata().getUsage());
        var generation = response.getResult();
        if (generation == null) return "";
        String reason = generation.getMetadata().getFinishReason();
        if (reason != null && !reason.isEmpty()) finish = reason.toLowerCase(Locale.ROOT);
        // Ollama's word for the end; its reason Spring AI hands on only beside both token counts
        else if (finish == null && Boolean.TRUE.equals(response.getMetadata().get("done"))) finish = "stop";
        String text = generation.getOutput().getText();
        if (text == null || text.isEmpty()) {
            refused |= generation.getOutput().getMetadata().get("refusal") instanceof String words && !words.isEmpty();
            return "";
        }
        spoke = true;
        return text;
    }

    /**
     * A body that ends well-formed without a finish reason was cut by a proxy or a dying server: not all was said. So it is
     * where the reason says just that.
     */
    ModelEnd end() {
        if (finish == null || CUT.contains(finish)) {
            return new ModelEnd.Failed(new Failure.TryAgain("the model's answer was cut off", "cut"));
        }
        refused |= REFUSALS.contains(finish);
        String remedy = remedy(finish);
        if (spoke) {
            return new ModelEnd.Ended(
                    inputTokens, outputTokens, remedy != null ? limited(remedy) : refused ? BROKE_OFF : null);
        }
        if (refused) return new ModelEnd.Failed(REFUSED);
        return new ModelEnd.Failed(remedy == null ? ModelEnd.Ended.empty() : silenced(remedy));
    }

    /** The end where the reply may not go on, whatever the model has yet to say. */
    ModelEnd cut(ModelEnd.Cut cut) {
        return new ModelEnd.Ended(inputTokens, outputTokens, cut);
    }

    /** Against the limit that the model ran into; null: into none. */
    private static @Nullable String remedy(String finish) {
        if (finish.equals("model_context_window_exceeded")) return "lower the agent's contextTokens";
        boolean limit = finish.equals("length") || finish.equals("max_tokens") || finish.equals("model_length");
        return limit ? "raise the agent's maxTokens" : null;
    }

    private ModelEnd.Cut limited(String remedy) {
        String after = outputTokens == null ? "" : ", after " + outputTokens + " tokens";
        return new ModelEnd.Cut(
                "The reply was cut off at its limit" + after + ". Ask for the rest, or " + remedy + ".", "max_tokens");
    }

    /** All of them were spent on thinking. The next attempt would think, and cost, the same. */
    private static GiveUp silenced(String remedy) {
        return new GiveUp(
                "The model used up its tokens before it said a word. To get an answer, " + remedy + ".", "max_tokens");
    }

    /** Some providers count in every event, some only in the last, some say 0 for unknown. */
    private void count(@Nullable Usage usage) {
        if (usage == null) return;
        if (usage.getPromptTokens() != null && usage.getPromptTokens() > 0) inputTokens = usage.getPromptTokens();
        if (usage.getCompletionTokens() != null && usage.getCompletionTokens() > 0) {
            outputTokens = usage.getCompletionTokens();
        }
    }
}
