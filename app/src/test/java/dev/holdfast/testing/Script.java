package dev.holdfast.testing;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the model server says to one request, how fast, and what goes wrong.
 *
 * <p>A message can carry its script, so that a test in another process, or a person, can ask for it:
 * {@code [[words=400 pace=50 kind=emoji seed=7 fault=stall after=12 times=1 key=a]]}. With {@code numbered=yes} the text
 * begins with the request's number, as in "#17 ", so that no two attempts say the same.
 *
 * @param text all that it says; null: the words, kind and seed of the directive make it
 * @param pace tokens a second; 0: as fast as the connection takes them
 * @param split where a text is cut into tokens
 * @param fault what goes wrong
 * @param after the tokens said before a fault strikes mid-stream
 * @param times how many requests with the same key the fault strikes; later ones are answered properly
 * @param retryAfter the Retry-After header, as it is sent: seconds or a date; null: none
 * @param key counts {@link #times}
 * @param raw the answer byte for byte, instead of all of the above but the Retry-After; null: none
 */
public record Script(
        String text,
        double pace,
        Split split,
        Fault fault,
        int after,
        int times,
        String retryAfter,
        String key,
        Raw raw) {

    /** Where tokens end: after words; between all UTF-16 units (so inside emoji too), and inside the bytes of a character. */
    public enum Split {
        WORDS,
        UNITS,
        BYTES
    }

    /** What a server sends that words its answers in a way of its own. */
    public record Raw(int status, String body) {}

    private static final String NUMBERED = "#N ";
    private static final Pattern DIRECTIVE = Pattern.compile("\\[\\[([^\\[\\]]+=[^\\[\\]]*)]]");

    public static Script says(String text) {
        return new Script(text, 0, Split.WORDS, Fault.NONE, 5, Integer.MAX_VALUE, null, text, null);
    }

    public static Script fails(Fault fault) {
        return says("These words come before the fault, then come no more of them.")
                .fault(fault);
    }

    public static Script answers(int status, String body) {
        return new Script("", 0, Split.WORDS, Fault.NONE, 0, 0, null, body, new Raw(status, body));
    }

    public Script pace(double tokensPerSecond) {
        return new Script(text, tokensPerSecond, split, fault, after, times, retryAfter, key, raw);
    }

    public Script split(Split by) {
        return new Script(text, pace, by, fault, after, times, retryAfter, key, raw);
    }

    public Script fault(Fault which) {
        return new Script(text, pace, split, which, after, times, retryAfter, key, raw);
    }

    public Script after(int tokens) {
        return new Script(text, pace, split, fault, tokens, times, retryAfter, key, raw);
    }

    public Script times(int requests) {
        return new Script(text, pace, split, fault, after, requests, retryAfter, key, raw);
    }

    public Script retryAfter(String header) {
        return new Script(text, pace, split, fault, after, times, header, key, raw);
    }

    Script numbered(long request) {
        String said = text.startsWith(NUMBERED) ? "#" + request + " " + text.substring(NUMBERED.length()) : text;
        return new Script(said, pace, split, fault, after, times, retryAfter, key, raw);
    }

    /** The script written in a message, if there is one. */
    static Optional<Script> in(String message) {
        var found = DIRECTIVE.matcher(message);
        return found.find() ? Optional.of(parse(found.group(1))) : Optional.empty();
    }

    private static Script parse(String directive) {
        Map<String, String> given = Arrays.stream(directive.trim().split("\\s+"))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair.length == 2 ? pair[1] : "", (a, b) -> b));
        var kind = Texts.Kind.valueOf(given.getOrDefault("kind", "words").toUpperCase(java.util.Locale.ROOT));
        long seed = Long.parseLong(given.getOrDefault("seed", "1"));
        String text = given.containsKey("chars")
                ? Texts.ofLength(kind, Integer.parseInt(given.get("chars")), seed)
                : Texts.ofWords(kind, Integer.parseInt(given.getOrDefault("words", "40")), seed);
        return new Script(
                given.containsKey("numbered") ? NUMBERED + text : text,
                Double.parseDouble(given.getOrDefault("pace", "0")),
                Split.valueOf(given.getOrDefault("split", "words").toUpperCase(java.util.Locale.ROOT)),
                Fault.named(given.getOrDefault("fault", "none")),
                Integer.parseInt(given.getOrDefault("after", "5")),
                Integer.parseInt(given.getOrDefault("times", String.valueOf(Integer.MAX_VALUE))),
                given.get("retry"),
                given.getOrDefault("key", directive),
                null);
    }

    List<String> tokens() {
        return fault == Fault.EMPTY ? List.of() : Texts.tokens(text, split);
    }
}
