package dev.holdfast.account;

import dev.holdfast.web.Problem;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules of a handle, which the constraint on chat.account holds for every SQL writer. */
final class Handle {

    private static final Pattern HANDLE = Pattern.compile("[a-z0-9]([a-z0-9_-]{0,30}[a-z0-9])?");

    private static final Pattern BEFORE = Pattern.compile("^[@\\p{javaWhitespace}]+");

    private Handle() {}

    /**
     * People type their handle as they like; in the database it is lower case and without the @. One that is normal stays as
     * it is: else it could be counted as one handle, and found as another.
     */
    static String normal(@Nullable String handle) {
        return handle == null
                ? ""
                : BEFORE.matcher(handle).replaceFirst("").strip().toLowerCase(Locale.ROOT);
    }

    /** The handle of a new person, however it was typed. */
    static String of(@Nullable String typed) {
        return checked(normal(typed));
    }

    /** The handle, or a refusal that says what one is. */
    static String checked(String handle) {
        if (!HANDLE.matcher(handle).matches()) {
            throw Problem.invalid(
                    "\"%s\" is not a handle. A handle has 1 to 32 lower-case letters a to z, digits, \"-\" or \"_\", and begins and ends with a letter or digit."
                            .formatted(handle));
        }
        return handle;
    }
}
