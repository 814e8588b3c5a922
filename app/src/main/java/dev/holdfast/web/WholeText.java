package dev.holdfast.web;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.jdk.StringDeserializer;

/** Every text in a body can be stored as it is: PostgreSQL takes no NUL, and half of a character would become a question mark. */
final class WholeText extends StringDeserializer {

    @Override
    public String deserialize(JsonParser json, DeserializationContext context) {
        var text = super.deserialize(json, context);
        if (text != null && text.indexOf('\0') >= 0) {
            throw Problem.invalid("The field %s holds a NUL character at offset %d, which cannot be stored. Remove it."
                    .formatted(field(json), text.indexOf('\0')));
        }
        if (text != null && !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw Problem.invalid(
                    "The field %s holds half of a character (a lone surrogate). Remove it.".formatted(field(json)));
        }
        return text;
    }

    private static String field(JsonParser json) {
        var place = json.streamReadContext();
        while (place.currentName() == null && place.getParent() != null) {
            place = place.getParent();
        }
        return '"' + place.currentName() + '"';
    }
}
