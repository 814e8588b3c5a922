package dev.holdfast.web;

import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Says what is wrong with a JSON body, in words of its sender: fields and values, never classes. */
final class UnreadableBody {

    private UnreadableBody() {}

    static String sentence(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case UnrecognizedPropertyException unknown -> {
                    return "There is no field %s here; known are %s."
                            .formatted(field(unknown), known(unknown.getKnownPropertyIds()));
                }
                case InvalidFormatException wrong -> {
                    return "The field %s must be %s, not \"%s\"."
                            .formatted(field(wrong), kind(wrong.getTargetType()), shortened(wrong.getValue()));
                }
                case MismatchedInputException wrong
                when !wrong.getPath().isEmpty() -> {
                    return "The field %s must be %s.".formatted(field(wrong), kind(wrong.getTargetType()));
                }
                case MismatchedInputException ignored -> {
                    return "The request needs a body that is one JSON object.";
                }
                case InputCoercionException beyond -> {
                    return "A number in the body is too large: it must be %s.".formatted(kind(beyond.getTargetType()));
                }
                case StreamReadException broken
                when broken.getLocation() != null -> {
                    return "The body is not valid JSON: see line %d, column %d."
                            .formatted(
                                    broken.getLocation().getLineNr(),
                                    broken.getLocation().getColumnNr());
                }
                default -> {}
            }
        }
        return "The request needs a body that is one JSON object in UTF-8.";
    }

    private static String field(JacksonException failure) {
        return failure.getPath().stream()
                .map(step ->
                        step.getPropertyName() == null ? Integer.toString(step.getIndex()) : step.getPropertyName())
                .collect(Collectors.joining(".", "\"", "\""));
    }

    private static String known(Collection<Object> fields) {
        return fields.stream().map(Object::toString).sorted().collect(Collectors.joining(", "));
    }

    private static String shortened(Object value) {
        var text = String.valueOf(value);
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    static String kind(@Nullable Class<?> type) {
        if (type == null) {
            return "of another type";
        }
        if (type == String.class) {
            return "a text in quotation marks";
        }
        if (type == UUID.class) {
            return "a UUID such as 0b2f4c1e-8f1d-4c55-9d1c-2f4f0f6a9b10";
        }
        if (type == OffsetDateTime.class) {
            return "a time such as 2026-01-31T12:00:00.000000Z";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type == Double.class || type == double.class) {
            return "a number";
        }
        if (type == Integer.class || type == int.class) {
            return "a whole number up to " + Integer.MAX_VALUE;
        }
        if (type == Long.class || type == long.class) {
            return "a whole number up to " + Long.MAX_VALUE;
        }
        if (type.isEnum()) {
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(Object::toString)
                            .collect(Collectors.joining(", "));
        }
        return Collection.class.isAssignableFrom(type) ? "a list" : "a JSON object";
    }
}
