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

    /** The tokens of a message that are not its content: its author's name, and what providers put around it. */
    private static final int AROUND = 10;

    /** @param messages the ids of the channel's messages that it holds, oldest first */
    record Told(Prompt prompt, List<UUID> messages) {}

    private Prompts() {}

    /** @param newestFirst the channel's messages, the asking one first; not empty */
    static Told tell(Agent agent, AgentOptions options, List<ContextMessage> newestFirst) {
        String system = system(agent);
        // a system prompt that takes all of it leaves room for a question nevertheless
        int left = Math.max(options.budget() - tokens(system), options.budget() / 4);
        List<ContextMessage> oldestFirst = within(left, newestFirst).reversed();
        List<Message> messages = new ArrayList<>();
        messages.add(new SystemMessage(system));
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

    /** Its begin and its end: a question stands before what was pasted, or after it. */
    private static ContextMessage shortened(ContextMessage message, int tokens) {
        String content = message.content();
        if (tokens(content) <= tokens) return message;
        int half = (tokens - AROUND) * 2; // quarters of a token
        int head = 0;
        for (int left = half - quarters(content, 0); left >= 0; left -= quarters(content, head)) head++;
        int tail = content.length();
        for (int left = half - quarters(content, tail - 1); left >= 0; left -= quarters(content, tail - 1)) tail--;
        if (head > 0 && Character.isHighSurrogate(content.charAt(head - 1))) head--;
        if (tail < content.length() && Character.isLowSurrogate(content.charAt(tail))) tail++;
        return new ContextMessage(
                message.id(),
                message.handle(),
                message.displayName(),
                content.substring(0, head) + " […] " + content.substring(tail),
                message.own());
    }

    private static int tokens(String content) {
        int quarters = 0;
        for (int i = 0; i < content.length(); i++) {
            quarters += quarters(content, i);
        }
        return quarters / 4 + AROUND;
    }

    /**
     * About what a character costs, in quarters of a token. Not four bytes a token everywhere: that holds for prose, but of
     * hashes, ids, JSON and Chinese a token holds one or two characters, and a channel full of logs would be sent two and a
     * half times as long as its budget. An estimate, since every provider splits in its own way and most tell nobody how.
     */
    private static int quarters(String content, int at) {
        char c = content.charAt(at);
        char before = at == 0 ? ' ' : content.charAt(at - 1);
        if (c == ' ' || c == '\n') return 1;
        if (isLower(c)) return isDigit(before) ? 4 : 1;
        if (isUpper(c)) return isDigit(before) || isLower(before) ? 4 : 2;
        if (c < 0x80) return 3; // digits and punctuation
        return c < 0x600 ? 2 : 4; // Latin with accents, Greek and Cyrillic; all others, and each half of an emoji
    }

    private static boolean isLower(char c) {
        return c >= 'a' && c <= 'z';
    }

    private static boolean isUpper(char c) {
        return c >= 'A' && c <= 'Z';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
