package dev.holdfast.web;

import java.beans.PropertyEditorSupport;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.web.bind.WebDataBinder;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.InitBinder;

/** UUIDs as people write them, in full: Java alone takes {@code 1-1-1-1-1} for one, and Jackson takes Base64. */
@WebSide
@ControllerAdvice
class Uuids {

    private static final Pattern WRITTEN = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    /** Those in addresses: an editor, because after a converter that refuses, Spring asks Java. */
    @InitBinder
    void ofAddresses(WebDataBinder binder) {
        binder.registerCustomEditor(UUID.class, new PropertyEditorSupport() {
            @Override
            public void setAsText(String text) {
                setValue(parse(text));
            }
        });
    }

    /** @throws IllegalArgumentException if the text is none */
    static UUID parse(String text) {
        if (!WRITTEN.matcher(text).matches()) {
            throw new IllegalArgumentException("not a UUID: " + text);
        }
        return UUID.fromString(text);
    }
}
