package dev.holdfast.model;

import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a server says of an error, whoever wrote it: OpenAI's and Anthropic's {@code {"error": {"message": ...}}}, Ollama's
 * {@code {"error": "..."}}, FastAPI's {@code {"detail": ...}}, or plain text.
 *
 * @param sentence empty: none, or a web page
 * @param words the machine's words for it, its code and type; empty: none
 * @param status the HTTP status that is its code; 0: none
 */
record ErrorBody(String sentence, String words, int status) {
    private static final JsonMapper JSON = new JsonMapper();

    static ErrorBody parse(String body) {
        String text = body.strip();
        if (text.startsWith("<")) return new ErrorBody("", "", 0);
        if (!text.startsWith("{") && !text.startsWith("[")) return new ErrorBody(text, "", 0);
        try {
            return of(JSON.readTree(text));
        } catch (JacksonException e) {
            return new ErrorBody(text, "", 0);
        }
    }

    private static ErrorBody of(JsonNode json) {
        if (json.isArray()) return of(json.path(0));
        JsonNode error = json.path("error").isObject() ? json.path("error") : json;
        String words =
                error.path("code").asString("") + " " + error.path("type").asString("");
        int code = error.path("code").asInt(0);
        return new ErrorBody(sentence(error), words.strip(), code >= 400 && code < 600 ? code : 0);
    }

    private static String sentence(JsonNode error) {
        for (String name : new String[] {"message", "error", "detail", "msg"}) {
            JsonNode value = error.path(name);
            if (value.isString()) return value.asString() + place(error);
            if (value.isContainer()) return sentence(value.isArray() ? value.path(0) : value);
        }
        return "";
    }

    /** FastAPI says beside its sentence which field it means. */
    private static String place(JsonNode error) {
        String place = error.path("loc")
                .valueStream()
                .map(part -> part.asString(""))
                .filter(part -> !part.equals("body"))
                .collect(Collectors.joining("."));
        return place.isEmpty() ? "" : " (" + place + ")";
    }
}
