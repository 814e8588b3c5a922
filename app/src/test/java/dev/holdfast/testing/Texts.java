package dev.holdfast.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Texts of a given kind and length, the same for the same seed. */
public final class Texts {
    public enum Kind {
        WORDS,
        EMOJI,
        RTL,
        COMBINING,
        NUL,
        MARKDOWN,
        MIXED
    }

    private static final String[] WORDS = {
        "a",
        "reply",
        "grows",
        "while",
        "nobody",
        "looks",
        "and",
        "rows",
        "hold",
        "it",
        "fast",
        "through",
        "every",
        "restart",
        "of",
        "the",
        "worker",
        "database",
        "browser"
    };
    private static final String[] EMOJI = {"😀", "👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "🧵", "é", "漢字", "𝒳"};
    private static final String[] RTL = {"שלום", "עולם", "مرحبا", "بالعالم", "،", "\u200f", "تجربة"};
    private static final String[] COMBINING = {"e\u0301", "n\u0303", "Z\u0351\u036b\u0343", "a\u0308", "क्षि"};
    private static final String[] NUL = {"before\u0000after", "\u0000", "tail\u0000", "word", "\u0001\u001f"};
    private static final String[] MARKDOWN = {
        "**bold**",
        "`code`",
        "\n\n```java\nint x = 1;\n```\n\n",
        "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n",
        "<b>no</b>",
        "[link](https://example.org/?a=1&b=2)",
        "\\*escaped\\*",
        "\n- item",
        "\"quoted\""
    };

    private Texts() {}

    public static String ofWords(Kind kind, int words, long seed) {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : " ").append(word(kind, random));
        }
        return text.toString();
    }

    /** Exactly so many UTF-16 units, never ending inside a surrogate pair. */
    public static String ofLength(Kind kind, int length, long seed) {
        var random = new Random(seed);
        var text = new StringBuilder();
        while (text.length() < length) {
            text.append(word(kind, random)).append(' ');
        }
        text.setLength(length);
        if (length > 0 && Character.isHighSurrogate(text.charAt(length - 1))) {
            text.setCharAt(length - 1, '.');
        }
        return text.toString();
    }

    private static String word(Kind kind, Random random) {
        String[] from = switch (kind) {
            case WORDS -> WORDS;
            case EMOJI -> EMOJI;
            case RTL -> RTL;
            case COMBINING -> COMBINING;
            case NUL -> NUL;
            case MARKDOWN -> random.nextInt(4) == 0 ? MARKDOWN : WORDS;
            case MIXED -> new String[][] {WORDS, EMOJI, RTL, COMBINING, MARKDOWN}[random.nextInt(5)];
        };
        return from[random.nextInt(from.length)];
    }

    static List<String> tokens(String text, Script.Split split) {
        var tokens = new ArrayList<String>();
        int start = 0;
        for (int end = 1; end <= text.length(); end++) {
            boolean cut = end == text.length()
                    || switch (split) {
                        case WORDS ->
                            Character.isWhitespace(text.charAt(end)) && !Character.isWhitespace(text.charAt(end - 1));
                        case UNITS -> true;
                        case BYTES -> end - start == 7 && !Character.isHighSurrogate(text.charAt(end - 1));
                    };
            if (cut) {
                tokens.add(text.substring(start, end));
                start = end;
            }
        }
        return tokens;
    }
}
