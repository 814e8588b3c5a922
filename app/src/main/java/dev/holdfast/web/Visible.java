package dev.holdfast.web;

import java.util.regex.Pattern;

/** What people can see of a text: spaces of all kinds, control, format and blank characters are nothing to see. */
public final class Visible {

    // Unicode's default-ignorable characters but those below, and Braille's blank
    private static final String BLANK =
            "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0d"
                    + "\\ufeff\\uffa0\\ufff0-\\ufff8\\x{1bca0}-\\x{1bca3}\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e001f}\\x{e0080}-\\x{e0fff}";
    private static final Pattern NEVER_SEEN = Pattern.compile("[" + BLANK + "]");
    private static final Pattern UNSEEN =
            Pattern.compile("[" + BLANK + "\\u200c\\u200d\\ufe0e\\ufe0f\\x{e0020}-\\x{e007f}]");

    private static final String EMOJI = "[\\p{IsEmoji}&&[^0-9#*]][\\ufe0e\\ufe0f]";
    private static final String JOINED =
            "[^\\x00-\\x7f\\u200c\\u200d\\ufe0e\\ufe0f\\p{Z}\\p{IsLatin}\\p{IsGreek}\\p{IsCyrillic}"
                    + "\\p{IsHan}\\p{IsHangul}\\p{IsHiragana}\\p{IsKatakana}]";
    // what scripts and emoji need: joiners between two of them, how an emoji
    // is drawn, and the flags of Wales and others
    private static final Pattern NEEDED = Pattern.compile("(?:%s|%s)[\\u200c\\u200d](?=%2$s)".formatted(EMOJI, JOINED)
            + "|" + EMOJI + "|[0-9#*]\\ufe0f\\u20e3|\\x{1f3f4}[\\x{e0020}-\\x{e007e}]{1,6}\\x{e007f}");

    private Visible() {}

    public static boolean in(String text) {
        return NEVER_SEEN.matcher(text).replaceAll("").codePoints().anyMatch(Visible::seen);
    }

    /** Whether a name is all to see, but for what its script and its emoji need: more would make it look like another one. */
    public static boolean hidesNothingIn(String name) {
        return !UNSEEN.matcher(NEEDED.matcher(name).replaceAll("")).find();
    }

    private static boolean seen(int character) {
        return switch (Character.getType(character)) {
            case Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
