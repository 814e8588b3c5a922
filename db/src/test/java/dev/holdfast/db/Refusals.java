package dev.holdfast.db;

import java.sql.SQLException;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What the database says when it refuses. */
final class Refusals {

    private Refusals() {}

    /** SQLSTATE and sentence of the refusal of this call. */
    static String of(ThrowingCallable call) {
        Throwable thrown = Assertions.catchThrowable(call);
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException refusal) {
                return refusal.getSQLState() + " " + refusal.getMessage();
            }
        }
        throw new AssertionError("The database refused nothing", thrown);
    }
}
