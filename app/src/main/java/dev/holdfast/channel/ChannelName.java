package dev.holdfast.channel;

import dev.holdfast.web.Problem;
import dev.holdfast.web.Visible;
import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/** The rules of a channel's name, as in Slack: lower case, no spaces, letters of any script. */
final class ChannelName {

    private static final int LONGEST = 80;
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{M}\\p{N}_-]+");

    private ChannelName() {}

    /** The name as it is stored, or a refusal with one that would do. */
    static String checked(String name) {
        if (name == null || name.isBlank()) {
            throw Problem.invalid("A channel needs a name. Send {\"name\": \"plans\", \"private\": false}.");
        }
        // two ways to write é are one name
        var normal = Normalizer.normalize(name.strip(), Normalizer.Form.NFC);
        var bare = normal.startsWith("#") ? normal.substring(1) : normal;
        var length = bare.codePointCount(0, bare.length());
        if (length > LONGEST) {
            throw Problem.invalid("A channel's name has at most %d characters; this one has %d. Choose a shorter one."
                    .formatted(LONGEST, length));
        }
        if (!Visible.hidesNothingIn(bare)) {
            throw Problem.invalid(
                    "A channel's name has no invisible characters, which make it look like another one. Remove them.");
        }
        if (!NAME.matcher(bare).matches() || !bare.equals(bare.toLowerCase(Locale.ROOT))) {
            throw Problem.invalid(
                    "A channel's name has only lower-case letters, digits, \"-\" and \"_\"; \"%s\" has others.%s"
                            .formatted(bare, suggestion(bare)));
        }
        return bare;
    }

    private static String suggestion(String name) {
        var fitting = name.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{M}\\p{N}_-]+", "-")
                .replaceAll("^-+|-+$", "");
        return fitting.isEmpty() ? " Choose another one." : " Try \"%s\".".formatted(fitting);
    }
}
