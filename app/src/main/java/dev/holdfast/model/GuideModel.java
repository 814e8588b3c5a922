package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Schedulers;

/** Answers from the channel's own messages, by rules, in the process: what there is before a model is connected. */
final class GuideModel implements ChatModel {
    private static final long MILLIS_A_WORD = 12;

    @Override
    public ChatResponse call(Prompt prompt) {
        return response(reply(prompt), "stop");
    }

    /** Word by word, at the pace of a quick model. */
    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        return Flux.defer(() -> {
                    Iterator<String> words = words(reply(prompt)).iterator();
                    return Flux.generate((SynchronousSink<ChatResponse> sink) -> next(words, sink));
                })
                .subscribeOn(Schedulers.boundedElastic());
    }

    private static void next(Iterator<String> words, SynchronousSink<ChatResponse> sink) {
        try {
            Thread.sleep(MILLIS_A_WORD);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the call was closed
            sink.complete();
            return;
        }
        String word = words.next();
        sink.next(response(word, words.hasNext() ? "" : "stop"));
        if (!words.hasNext()) sink.complete();
    }

    private static String reply(Prompt prompt) {
        List<Heard> heard = new ArrayList<>();
        for (Message message : prompt.getInstructions()) {
            if (message instanceof UserMessage user) heard.add(Heard.of(user));
        }
        Heard asking = heard.isEmpty() ? new Heard("", "") : heard.removeLast();
        return Guide.answer(asking, heard);
    }

    /** Each with the white space before it, so that together they are the text. */
    private static List<String> words(String text) {
        var words = new ArrayList<String>();
        int start = 0;
        for (int i = 1; i <= text.length(); i++) {
            if (i == text.length()
                    || (Character.isWhitespace(text.charAt(i)) && !Character.isWhitespace(text.charAt(i - 1)))) {
                words.add(text.substring(start, i));
                start = i;
            }
        }
        return words;
    }

    private static ChatResponse response(String text, String finish) {
        return new ChatResponse(List.of(new Generation(
                new AssistantMessage(text),
                ChatGenerationMetadata.builder().finishReason(finish).build())));
    }

    /** A message of the channel: who wrote what. */
    record Heard(String name, String text) {
        static final String NAME = "name";
        static final String TEXT = "text";

        static Heard of(UserMessage message) {
            return new Heard(
                    String.valueOf(message.getMetadata().getOrDefault(NAME, "")),
                    String.valueOf(message.getMetadata().getOrDefault(TEXT, message.getText())));
        }
    }
}
