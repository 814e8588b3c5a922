package dev.holdfast.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.openai.core.JsonField;
import com.openai.core.JsonMissing;
import com.openai.core.JsonValue;
import com.openai.core.ObjectMappers;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionChunk.Choice;
import com.openai.models.chat.completions.ChatCompletionChunk.Choice.Delta;
import com.openai.models.completions.CompletionUsage;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Reads the events of servers that speak OpenAI's protocol in their own way. Needed because OpenAI's SDK refuses an event
 * for every field that its documentation has and the server leaves out, also one that nobody reads: names and numbers of the
 * event (MiniMax, OpenVINO), the delta (Azure's filter), one of three token counts (LiteLLM); and knows text as a string
 * alone, where Mistral's reasoning models send parts.
 */
final class TolerantChunks extends BeanDeserializerModifier {

    static JsonMapper mapper() {
        return ObjectMappers.jsonMapper()
                .rebuild()
                .addModule(new SimpleModule("tolerant-chunks").setDeserializerModifier(new TolerantChunks()))
                .build();
    }

    @Override
    public JsonDeserializer<?> modifyDeserializer(
            DeserializationConfig config, BeanDescription type, JsonDeserializer<?> deserializer) {
        return type.getBeanClass() == ChatCompletionChunk.class ? new Filling(deserializer) : deserializer;
    }

    private static final class Filling extends DelegatingDeserializer {

        private static final long serialVersionUID = 1;

        Filling(JsonDeserializer<?> strict) {
            super(strict);
        }

        @Override
        protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> strict) {
            return new Filling(strict);
        }

        @Override
        public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            var chunk = (ChatCompletionChunk) super.deserialize(parser, context);
            return isComplete(chunk) ? chunk : filled(chunk);
        }
    }

    private static boolean isComplete(ChatCompletionChunk chunk) {
        return isKnown(chunk._id())
                && isKnown(chunk._created())
                && isKnown(chunk._model())
                && isKnown(chunk._choices())
                && chunk.choices().stream().allMatch(TolerantChunks::isComplete)
                && chunk._usage().asKnown().map(TolerantChunks::counts).orElse(true);
    }

    private static boolean isComplete(Choice choice) {
        return isKnown(choice._index())
                && isKnown(choice._delta())
                && choice.delta()._content().asArray().isEmpty();
    }

    private static boolean isKnown(JsonField<?> field) {
        return field.asKnown().isPresent();
    }

    private static boolean counts(CompletionUsage usage) {
        return isKnown(usage._promptTokens()) && isKnown(usage._completionTokens()) && isKnown(usage._totalTokens());
    }

    private static ChatCompletionChunk filled(ChatCompletionChunk chunk) {
        return chunk.toBuilder()
                .id(chunk._id().asKnown().orElse(""))
                .created(chunk._created().asKnown().orElse(0L))
                .model(chunk._model().asKnown().orElse(""))
                .choices(chunk._choices().asKnown().orElse(List.of()).stream()
                        .map(TolerantChunks::filled)
                        .toList())
                .usage(chunk._usage()
                        .asKnown()
                        .map(usage -> JsonField.of(filled(usage)))
                        .orElseGet(TolerantChunks::missing))
                .build();
    }

    private static Choice filled(Choice choice) {
        Delta delta = choice._delta().asKnown().orElseGet(() -> Delta.builder().build());
        List<JsonValue> parts = delta._content().asArray().orElse(null);
        if (parts != null) delta = delta.toBuilder().content(text(parts)).build();
        return choice.toBuilder()
                .index(choice._index().asKnown().orElse(0L))
                .delta(delta)
                .build();
    }

    /** Of what it says; what it thinks is a part of another kind. */
    private static String text(List<JsonValue> parts) {
        return parts.stream()
                .map(part -> requireNonNull(part.convert(JsonNode.class))
                        .path("text")
                        .asText())
                .collect(Collectors.joining());
    }

    /** Zero is what some say for unknown anyhow. */
    private static CompletionUsage filled(CompletionUsage usage) {
        return usage.toBuilder()
                .promptTokens(usage._promptTokens().asKnown().orElse(0L))
                .completionTokens(usage._completionTokens().asKnown().orElse(0L))
                .totalTokens(usage._totalTokens().asKnown().orElse(0L))
                .build();
    }

    @SuppressWarnings("unchecked") // as the SDK's own builders have it: a field of any type may be missing
    private static <T> JsonField<T> missing() {
        return (JsonField<T>) JsonMissing.of();
    }
}
