package dev.holdfast;

import java.util.Locale;

/** A reason not to start that the operator can mend; its message is the one line that is printed. */
public class StartFailure extends RuntimeException {

    public StartFailure(String message) {
        super(message);
    }

    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /** holdfast.flush-interval and holdfast.flushInterval are both HOLDFAST_FLUSH_INTERVAL. */
    public static String variable(String property) {
        return property.replaceAll("([a-z])([A-Z])", "$1-$2")
                .toUpperCase(Locale.ROOT)
                .replace('.', '_')
                .replace('-', '_');
    }
}
