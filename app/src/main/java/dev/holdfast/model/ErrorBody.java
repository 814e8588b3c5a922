package dev.holdfast.model;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a server says of an error, whoever wrote it: OpenAI's and Anthropic's {@code {"error": {"message": ...}}}, Ollama's
 * {@code {"error": "..."}}, FastAPI's {@code {"detail": ...}}, or plain text.
 *
 * @param sentence empty: none, or a web page
 * @param words the machine's words for it, its code and type; empty: none
 */
record ErrorBody(String sentence, String words) {
    private static final JsonMapper JSON = new JsonMapper();

    static ErrorBody parse(String body) {
        String text = body.strip();
        if (text.startsWith("<")) return new ErrorBody("", "");
        if (!text.startsWith("{") && !text.startsWith("[")) return new ErrorBody(text, "");
        try {
            return of(JSON.readTree(text));
        } catch (JacksonException e) {
            return new ErrorBody(text, "");
        }
    }

    private static ErrorBody of(JsonNode json) {
        if (json.isArray()) return of(json.path(0));
        JsonNode error = json.path("error").isObject() ? json.path("error") : json;
        String words =
                error.path("code").asString("") + " " + error.path("type").asString("");
        return new ErrorBody(sentence(error), words.strip());
    }

    private static String sentence(JsonNode error) {
        for (String name : new String[] {"message", "error", "detail", "msg"}) {
            JsonNode value = error.path(name);
            if (value.isString()) return value.asString();
            if (value.isContainer()) return sentence(value.isArray() ? value.path(0) : value);
        }
        return "";
    }
}
