package dev.holdfast;

import dev.holdfast.postgres.LostDatabase;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.web.server.PortInUseException;

/** Says in one line why Holdfast did not start, where the operator can mend it; leaves other failures to Spring Boot. */
class StartFailureReporter implements SpringBootExceptionReporter {

    @Override
    public boolean reportException(Throwable failure) {
        String line = lineFor(failure);
        if (line == null) {
            return false;
        }
        System.err.println("Holdfast did not start: " + line);
        return true;
    }

    private static @Nullable String lineFor(Throwable failure) {
        if (cause(failure, StartFailure.class) instanceof StartFailure known) {
            return known.getMessage();
        }
        if (cause(failure, PortInUseException.class) instanceof PortInUseException taken) {
            return "port " + taken.getPort()
                    + " is taken; stop what listens there or set SERVER_PORT (the page) or MANAGEMENT_SERVER_PORT (health and metrics)";
        }
        // Jetty's own, which says where, around the system's, which says why
        if (cause(failure, java.net.BindException.class) instanceof java.net.BindException refused
                && cause(failure, IOException.class) instanceof IOException where) {
            return where.getMessage() + " (" + refused.getMessage()
                    + "); mend SERVER_ADDRESS and SERVER_PORT (the page) or MANAGEMENT_SERVER_ADDRESS and MANAGEMENT_SERVER_PORT (health and metrics)";
        }
        if (cause(failure, BindException.class) instanceof BindException unbound && unbound.getProperty() != null) {
            return StartFailure.variable(unbound.getName().toString()) + " is "
                    + unbound.getProperty().getValue() + "; that is not a " + kind(unbound);
        }
        if (LostDatabase.by(failure)) {
            return "the database went away meanwhile; start again when it answers";
        }
        return null;
    }

    private static String kind(BindException unbound) {
        Class<?> type = unbound.getTarget().getType().resolve(Object.class);
        if (type.isEnum()) {
            return "known value; use one of "
                    + String.join(
                            ", ",
                            java.util.Arrays.stream(type.getEnumConstants())
                                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                                    .toList());
        }
        return switch (type.getSimpleName()) {
            case "Duration" -> "duration; write it as 25ms, 10s or 2m";
            case "int", "Integer", "long", "Long" -> "number";
            case "Rate" -> "limit; write it as 10/3m";
            default -> type.getSimpleName();
        };
    }

    private static @Nullable Throwable cause(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return cause;
            }
        }
        return null;
    }
}
