package dev.holdfast.model;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;

/** Reads a provider's responses in order: the text, the token counts, and whether the model finished or was merely cut off. */
final class Transcript {
    private boolean spoke;
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
        if (text == null || text.isEmpty()) return "";
        spoke = true;
        return text;
    }

    /**
     * A body that ends well-formed without a finish reason was cut by a proxy or a dying server: not all was said. So it is
     * where the reason says just that (vLLM, SGLang: abort; OpenRouter: error).
     */
    ModelEnd end() {
        if (finish == null || finish.equals("abort") || finish.equals("error"))
            return new ModelEnd.Failed(new Failure.TryAgain("the model's answer was cut off", "cut"));
        if (spoke) return new ModelEnd.Ended(inputTokens, outputTokens);
        return new ModelEnd.Failed(
                finish.equals("content_filter") || finish.equals("refusal")
                        ? new Failure.GiveUp("The model refused to answer. Ask in other words.", "refused")
                        : ModelEnd.Ended.empty());
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
