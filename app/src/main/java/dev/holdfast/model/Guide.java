package dev.holdfast.model;

import static java.util.stream.Collectors.joining;

import dev.holdfast.model.GuideModel.Heard;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** What the guide says. It never pretends to understand: it counts, lists and finds. */
final class Guide {
    private static final Pattern RECAP =
            Pattern.compile("\\b(recap|summar\\w*|catch (me )?up|what happened|what did i miss|overview)\\b");
    private static final Pattern FIND = Pattern.compile(
            "\\b(?:find|search(?: for)?|look for|who (?:said|mentioned|wrote)|where (?:is|was))\\b[:\\s]*(.+)");
    private static final Pattern CONNECT = Pattern.compile(
            "\\b(connect|configure|set ?up|api key|openai|anthropic|claude|gpt|ollama|llama|real model)\\b");
    private static final int LATEST = 8;
    private static final int FOUND = 10;

    private static final String CONNECT_A_MODEL = """
            To connect a real model, an operator sets one of these variables and restarts Holdfast:

            - `OPENAI_API_KEY`, and `OPENAI_BASE_URL` for any other server that speaks OpenAI's protocol (a server of your own needs no key)
            - `ANTHROPIC_API_KEY` for Anthropic
            - `OLLAMA_BASE_URL` for Ollama; on this machine it is found by itself

            An agent for that provider is then there at the next start, and administrators can make more of them.""";

    private static final String HELLO = """
            I am the guide: a small program, not a language model, so I cannot reason or converse. What I can do here:

            - `recap`: who wrote how much, which questions were asked, and the latest messages
            - `find` and some words: the messages of this channel that hold them
            - `connect`: how to connect a real model

            """ + CONNECT_A_MODEL;

    private Guide() {}

    static String answer(Heard asking, List<Heard> before) {
        String asked = asking.text().replaceAll("(?<!\\w)@[\\w-]+", " ").strip();
        String lower = asked.toLowerCase(Locale.ROOT);
        var find = FIND.matcher(lower);
        if (RECAP.matcher(lower).find()) return recap(before);
        if (find.find()) return find(find.group(1).replaceAll("[?!.\"']+$", "").strip(), before);
        if (CONNECT.matcher(lower).find()) return "I am the guide, not a language model. " + CONNECT_A_MODEL;
        return HELLO;
    }

    private static String recap(List<Heard> before) {
        if (before.isEmpty()) {
            return "Nothing was written in this channel before your message. (I am a small program, not a language model.)";
        }
        var text = new StringBuilder("Of the last ");
        text.append(count(before.size(), "message"))
                .append(" here, ")
                .append(authors(before))
                .append(".\n");
        var questions =
                before.stream().filter(heard -> heard.text().contains("?")).toList();
        if (!questions.isEmpty()) text.append("\n**Questions**\n\n").append(list(last(questions, 5)));
        text.append("\n**Latest**\n\n").append(list(last(before, LATEST)));
        return text.append("\nThis is a list, not an understanding: I am a small program, not a language model.")
                .toString();
    }

    private static String authors(List<Heard> before) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        before.forEach(heard -> counts.merge(heard.name(), 1, Integer::sum));
        return counts.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(6)
                .map(author -> author.getKey() + " wrote " + author.getValue())
                .collect(joining(", "));
    }

    private static String find(String words, List<Heard> before) {
        String[] wanted = words.split("\\s+");
        var found = before.stream()
                .filter(heard -> {
                    String text = heard.text().toLowerCase(Locale.ROOT);
                    return List.of(wanted).stream().allMatch(text::contains);
                })
                .toList();
        if (found.isEmpty()) {
            return "None of the last " + count(before.size(), "message") + " here holds `" + words.replace("`", "'")
                    + "`. The search box looks through everything that you may read.";
        }
        return "Found in " + count(found.size(), "message") + ":\n\n" + list(last(found, FOUND));
    }

    private static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private static List<Heard> last(List<Heard> all, int most) {
        return all.subList(Math.max(0, all.size() - most), all.size());
    }

    private static String list(List<Heard> heard) {
        return heard.stream()
                .map(one -> "- " + one.name() + ": " + excerpt(one.text()) + "\n")
                .collect(joining());
    }

    /** One line, that mentions nobody and formats nothing. */
    private static String excerpt(String text) {
        String line = text.replaceAll("\\s+", " ")
                .replaceAll("(?<!\\w)@(?=\\w)", "")
                .replaceAll("[`*_\\[\\]<>|#]", "")
                .strip();
        if (line.codePointCount(0, line.length()) <= 140) return line;
        return line.substring(0, line.offsetByCodePoints(0, 140)) + "…";
    }
}
