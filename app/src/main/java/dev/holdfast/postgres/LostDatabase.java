package dev.holdfast.postgres;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.util.Locale;
import java.util.Set;

/** Tells whether a failure means that the database, or the way to it, is gone: the driver says so in many ways. */
public final class LostDatabase {

    /**
     * Shut down, crashed, starting, idle for too long, too many connections; the last is the driver's own spelling of
     * 08001, where connecting fails.
     */
    private static final Set<String> STATES = Set.of("57P01", "57P02", "57P03", "57P05", "53300", "8001");

    private LostDatabase() {}

    public static boolean by(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return by(sql);
            }
            if (inTheDriver(cause)) {
                return true;
            }
        }
        return false;
    }

    private static boolean by(SQLException failure) {
        var state = failure.getSQLState() == null ? "" : failure.getSQLState();
        return failure instanceof SQLTransientConnectionException
                || state.startsWith("08")
                || STATES.contains(state)
                || (state.isEmpty() && lostWithoutState(failure));
    }

    /** The driver gives no SQLSTATE to what was under way when its connection ended or fell silent. */
    private static boolean lostWithoutState(SQLException failure) {
        return failure instanceof SQLTimeoutException
                || failure.getCause() instanceof IOException
                || String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT).contains("closed");
    }

    /** The driver trips over its own objects when a connection is cut under it. */
    public static boolean inTheDriver(Throwable failure) {
        var at = failure.getStackTrace();
        return failure instanceof RuntimeException
                && at.length > 0
                && (at[0].getClassName().startsWith("com.impossibl.postgres.")
                        || at[0].getClassName().startsWith("io.netty."));
    }
}
