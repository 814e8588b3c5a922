package dev.holdfast.testing;

/** What a model can do wrong, in the words of a {@link Script}'s directive: {@code fault=stall}. */
public enum Fault {
    NONE,
    /** 429 with the script's Retry-After. */
    RATE_LIMITED,
    /** 429 that no waiting mends: the account is out of money. */
    QUOTA,
    /** 500 */
    SERVER_ERROR,
    /** 503, or Anthropic's 529 */
    OVERLOADED,
    /** 401 */
    BAD_KEY,
    /** 404 */
    UNKNOWN_MODEL,
    /** 400 as each provider words it */
    CONTEXT_TOO_LONG,
    /** 400 for any other reason */
    REFUSED,
    /** The connection is closed before a byte of an answer. */
    DROP,
    /** Never answers, not even a status line. */
    SILENCE,
    /** A status and headers, then nothing. */
    STALL_FIRST,
    /** Some tokens, then nothing. */
    STALL,
    /** Some tokens, then the connection is reset. */
    CUT,
    /** Some tokens, then a well-formed end of the HTTP body, though the model has not finished. */
    CUT_CLEAN,
    /** Some tokens, then bytes that are no event of the protocol. */
    RUBBISH,
    /** Some tokens, then the provider's error event. */
    ERROR_EVENT,
    /** Some tokens (after=0: none), then the end at the limit of tokens. */
    LENGTH,
    /** Some tokens, then the end that the provider's filter made. */
    FILTERED,
    /** Finishes properly without having said anything. */
    EMPTY,
    /** Finishes properly, but for the end of the HTTP body: the connection stays open. */
    LINGER;

    /** Whether it strikes after {@link Script#after()} tokens rather than instead of an answer. */
    boolean midStream() {
        return switch (this) {
            case STALL, CUT, CUT_CLEAN, RUBBISH, ERROR_EVENT, LENGTH, FILTERED -> true;
            default -> false;
        };
    }

    static Fault named(String name) {
        return valueOf(name.toUpperCase(java.util.Locale.ROOT).replace('-', '_'));
    }
}
