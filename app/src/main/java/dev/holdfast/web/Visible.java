package dev.holdfast.web;

/** Whether people can see anything of a text: spaces of all kinds, control and format characters are nothing to see. */
public final class Visible {

    private Visible() {}

    public static boolean in(String text) {
        return text.codePoints().anyMatch(Visible::seen);
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
