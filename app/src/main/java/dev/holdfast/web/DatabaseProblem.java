package dev.holdfast.web;

import com.impossibl.postgres.api.jdbc.PGSQLExceptionInfo;
import dev.holdfast.postgres.LostDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * What the database says, as a refusal. Our own functions raise HF plus an HTTP status; the driver drops a HINT, so
 * their remedy travels as DETAIL.
 */
final class DatabaseProblem {

    private static final Duration A_MOMENT = Duration.ofSeconds(2);
    private static final Duration A_WHILE = Duration.ofSeconds(15);

    private DatabaseProblem() {}

    /** The refusal that the failure stands for; empty if it is a fault of this program. */
    static Optional<Problem> of(Throwable failure) {
        if (LostDatabase.by(failure)) {
            return Optional.of(down());
        }
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return of(sql);
            }
        }
        // no statement was even sent: the pool had no connection to give
        return failure instanceof TransactionException
                        || (failure instanceof DataAccessException && failure.getCause() == null)
                ? Optional.of(down())
                : Optional.empty();
    }

    private static Optional<Problem> of(SQLException failure) {
        var state = failure.getSQLState() == null ? "" : failure.getSQLState();
        return switch (state) {
            case "HF404" -> Optional.of(Problem.notFound(sentence(failure)));
            case "HF403" -> Optional.of(Problem.forbidden(sentence(failure)));
            case "HF409" -> Optional.of(Problem.conflict(sentence(failure)));
            case "HF422" -> Optional.of(Problem.invalid(sentence(failure)));
            case "25006" ->
                Optional.of(Problem.unavailable(
                        "The database is read-only at the moment: reading goes on, nothing was stored. Try again later.",
                        A_WHILE));
            case "53100", "53200" ->
                Optional.of(Problem.unavailable(
                        "The database has no room left: reading goes on, nothing was stored. Tell whoever runs this server.",
                        A_WHILE));
            case "40001", "40P01", "55P03" ->
                Optional.of(Problem.unavailable(
                        "The database is busy and gave this up; nothing was stored. Try again.", A_MOMENT));
            case "57014" ->
                Optional.of(Problem.unavailable(
                        "This took the database too long and was given up; nothing was stored. Try again.", A_MOMENT));
            case "22021" ->
                Optional.of(
                        Problem.invalid(
                                "The text holds a NUL or another character that is not valid in UTF-8. Remove it and try again."));
            default -> Optional.empty();
        };
    }

    private static Problem down() {
        return Problem.unavailable("The database cannot be reached at the moment. Try again shortly.", A_MOMENT);
    }

    private static String sentence(SQLException failure) {
        var remedy = failure instanceof PGSQLExceptionInfo info ? info.getDetail() : null;
        var fact = String.valueOf(failure.getMessage());
        return remedy == null || remedy.isBlank() ? fact : fact + " " + remedy;
    }
}
