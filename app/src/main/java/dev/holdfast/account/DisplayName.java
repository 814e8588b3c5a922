package dev.holdfast.account;

import dev.holdfast.web.Problem;
import dev.holdfast.web.Visible;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules of a display name: in any script, on one line, and not one that turns the text around it. */
final class DisplayName {

    private static final int LONGEST = 80;
    private static final Pattern UNRULY =
            Pattern.compile("[\\p{Cc}\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]");

    private DisplayName() {}

    /** The name as it is stored, or a refusal. */
    static String checked(String name) {
        var bare = name.strip();
        var length = bare.codePointCount(0, bare.length());
        if (length > LONGEST) {
            throw Problem.invalid("A display name has at most %d characters; this one has %d. Choose a shorter one."
                    .formatted(LONGEST, length));
        }
        if (!Visible.in(bare)) {
            throw Problem.invalid("A display name needs at least one visible character. Choose another one.");
        }
        if (UNRULY.matcher(bare).find() || !Visible.hidesNothingIn(bare)) {
            throw Problem.invalid(
                    "A display name has no line breaks, no control or invisible characters, and none that turn the direction of text. Remove them.");
        }
        return bare;
    }

    /** The name, or the handle of who gave none. */
    static String orHandle(@Nullable String name, String handle) {
        return name == null || name.isBlank() ? handle : checked(name);
    }
}
