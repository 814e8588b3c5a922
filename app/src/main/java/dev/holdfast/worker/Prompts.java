package dev.holdfast.worker;

import dev.holdfast.generation.ContextMessage;
import dev.holdfast.model.Agent;
import dev.holdfast.model.AgentOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;

/** What the model is told: who it is, and as much of its channel's past as its budget holds. */
final class Prompts {
    private static final String CHANNEL_RULES = """
            You are %s (@%s) in a chat channel with several people. Each message of others begins with its author's name; \
            your answer must not begin with yours. Answer the last message. Markdown is shown formatted.""";

    /** @param messages the ids of the channel's messages that it holds, oldest first */
    record Told(Prompt prompt, List<UUID> messages) {}

    private Prompts() {}

    /** @param newestFirst the channel's messages, the asking one first; not empty */
    static Told tell(Agent agent, AgentOptions options, List<ContextMessage> newestFirst) {
        List<ContextMessage> oldestFirst =
                within(options.contextTokens(), newestFirst).reversed();
        List<Message> messages = new ArrayList<>();
        messages.add(new SystemMessage(system(agent)));
        oldestFirst.forEach(message -> messages.add(message(message)));
        return new Told(
                new Prompt(messages),
                oldestFirst.stream().map(ContextMessage::id).toList());
    }

    private static String system(Agent agent) {
        String rules = CHANNEL_RULES.formatted(agent.displayName(), agent.handle());
        return agent.systemPrompt().isBlank() ? rules : rules + "\n\n" + agent.systemPrompt();
    }

    private static Message message(ContextMessage message) {
        if (message.own()) return new AssistantMessage(message.content());
        String name = message.displayName() + " (@" + message.handle() + ")";
        return UserMessage.builder()
                .text(name + ": " + message.content())
                .metadata(Map.of("name", message.displayName(), "text", message.content()))
                .build();
    }

    /** The asking message always, cut where it alone is too long; then the newest that fit, and none of the agent's own at the far end, since a conversation begins with somebody else. */
    private static List<ContextMessage> within(int tokens, List<ContextMessage> newestFirst) {
        var fitting = new ArrayList<ContextMessage>();
        int left = tokens;
        for (ContextMessage message : newestFirst) {
            if (fitting.isEmpty()) message = shortened(message, tokens);
            left -= tokens(message.content());
            if (left < 0 && !fitting.isEmpty()) break;
            fitting.add(message);
        }
        while (fitting.size() > 1 && fitting.getLast().own()) {
            fitting.removeLast();
        }
        return fitting;
    }

    private static ContextMessage shortened(ContextMessage message, int tokens) {
        String content = message.content();
        if (tokens(content) <= tokens) return message;
        int end = content.offsetByCodePoints(0, Math.min(tokens, content.codePointCount(0, content.length())));
        return new ContextMessage(
                message.id(),
                message.handle(),
                message.displayName(),
                content.substring(0, end) + " […]",
                message.own());
    }

    /** About: four bytes a token, and some for the name. Providers' tokenizers differ; the budget has room for that. */
    private static int tokens(String content) {
        int bytes = 0;
        for (int i = 0; i < content.length(); i++) {
            bytes += content.charAt(i) < 0x80 ? 1 : 2;
        }
        return bytes / 4 + 8;
    }
}
