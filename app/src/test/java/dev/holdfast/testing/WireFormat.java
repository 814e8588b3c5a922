package dev.holdfast.testing;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** A provider's streaming protocol: what each piece of an answer looks like on the wire. */
enum WireFormat {
    OPENAI("text/event-stream") {
        @Override
        String start(String model, long inputTokens) {
            return chunk(model, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null");
        }

        @Override
        String token(String model, String token) {
            return chunk(model, "{\"content\":" + quote(token) + "}", "null");
        }

        @Override
        String end(String model, long inputTokens, long outputTokens, String reason) {
            return chunk(model, "{}", quote(reason))
                    + "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
                    + quote(model)
                    + ",\"choices\":[],\"usage\":{\"prompt_tokens\":" + inputTokens + ",\"completion_tokens\":"
                    + outputTokens
                    + ",\"total_tokens\":" + (inputTokens + outputTokens) + "}}\n\ndata: [DONE]\n\n";
        }

        @Override
        String errorEvent() {
            return "data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\",\"code\":null}}\n\n";
        }

        private String chunk(String model, String delta, String finish) {
            return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
                    + quote(model) + ",\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish
                    + "}]}\n\n";
        }
    },
    ANTHROPIC("text/event-stream") {
        @Override
        String start(String model, long inputTokens) {
            return event(
                            "message_start",
                            "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":"
                                    + quote(model)
                                    + ",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":"
                                    + inputTokens
                                    + ",\"output_tokens\":1}}")
                    + event("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
                    + event("ping", null);
        }

        @Override
        String token(String model, String token) {
            return event(
                    "content_block_delta",
                    "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":" + quote(token) + "}");
        }

        @Override
        String end(String model, long inputTokens, long outputTokens, String reason) {
            return event("content_block_stop", "\"index\":0")
                    + event(
                            "message_delta",
                            "\"delta\":{\"stop_reason\":" + quote(reason)
                                    + ",\"stop_sequence\":null},\"usage\":{\"output_tokens\":"
                                    + outputTokens + "}")
                    + event("message_stop", null);
        }

        @Override
        String errorEvent() {
            return event("error", "\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}");
        }

        private String event(String type, String fields) {
            return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + (fields == null ? "" : "," + fields)
                    + "}\n\n";
        }
    },
    OLLAMA("application/x-ndjson") {
        @Override
        String start(String model, long inputTokens) {
            return "";
        }

        @Override
        String token(String model, String token) {
            return "{\"model\":" + quote(model)
                    + ",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":"
                    + quote(token) + "},\"done\":false}\n";
        }

        @Override
        String end(String model, long inputTokens, long outputTokens, String reason) {
            return "{\"model\":" + quote(model)
                    + ",\"created_at\":\"2026-01-01T00:00:01Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},"
                    + "\"done\":true,\"done_reason\":" + quote(reason)
                    + ",\"total_duration\":1000000,\"load_duration\":1000,\"prompt_eval_count\":"
                    + inputTokens
                    + ",\"prompt_eval_duration\":1000,\"eval_count\":" + outputTokens + ",\"eval_duration\":1000}\n";
        }

        @Override
        String errorEvent() {
            return "{\"error\":\"an error was encountered while running the model: unexpected EOF\"}\n";
        }
    };

    final String contentType;

    WireFormat(String contentType) {
        this.contentType = contentType;
    }

    abstract String start(String model, long inputTokens);

    abstract String token(String model, String token);

    abstract String end(String model, long inputTokens, long outputTokens, String reason);

    abstract String errorEvent();

    /** The provider's word for why it ends. */
    String reason(Fault fault) {
        return switch (fault) {
            case LENGTH -> this == ANTHROPIC ? "max_tokens" : "length";
            case FILTERED -> this == ANTHROPIC ? "refusal" : "content_filter";
            default -> this == ANTHROPIC ? "end_turn" : "stop";
        };
    }

    static WireFormat at(String path) {
        return switch (path) {
            case "/v1/chat/completions", "/chat/completions" -> OPENAI;
            case "/v1/messages" -> ANTHROPIC;
            case "/api/chat" -> OLLAMA;
            default -> null;
        };
    }

    /** The text of the last user message of a request. */
    static String asked(JsonNode request) {
        String last = "";
        for (JsonNode message : request.path("messages")) {
            if (message.path("role").asString("").equals("user")) {
                last = content(message.path("content"));
            }
        }
        return last;
    }

    private static String content(JsonNode content) {
        if (content.isString()) {
            return content.asString();
        }
        var text = new StringBuilder();
        content.forEach(part -> text.append(part.path("text").asString("")));
        return text.toString();
    }

    /** A JSON string; control characters and lone halves of surrogate pairs are escaped, all else is raw. */
    static String quote(String text) {
        var json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (pair) {
                json.append(c).append(text.charAt(++i));
            } else if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20 || Character.isSurrogate(c)) {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }

    /** The provider's own words for a request that it refuses: {status, body}. */
    List<Object> refusal(Fault fault, String model) {
        return switch (fault) {
            case RATE_LIMITED -> List.of(429, error("rate_limit_error", "rate_limit_exceeded", "Rate limit reached"));
            case QUOTA ->
                List.of(
                        429,
                        error(
                                "insufficient_quota",
                                "insufficient_quota",
                                "You exceeded your current quota, please check your plan and billing details."));
            case SERVER_ERROR ->
                List.of(
                        500,
                        error("api_error", "server_error", "The server had an error while processing your request"));
            case OVERLOADED ->
                List.of(this == ANTHROPIC ? 529 : 503, error("overloaded_error", "overloaded", "Overloaded"));
            case BAD_KEY ->
                List.of(
                        401,
                        error(
                                "authentication_error",
                                "invalid_api_key",
                                "Incorrect API key provided: sk-te**********1234."));
            case UNKNOWN_MODEL ->
                List.of(
                        404,
                        error(
                                "not_found_error",
                                "model_not_found",
                                this == OLLAMA
                                        ? "model \"" + model + "\" not found, try pulling it first"
                                        : "model: " + model));
            case CONTEXT_TOO_LONG ->
                List.of(
                        400,
                        error(
                                "invalid_request_error",
                                "context_length_exceeded",
                                this == ANTHROPIC
                                        ? "prompt is too long: 210000 tokens > 200000 maximum"
                                        : "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."));
            default -> List.of(400, error("invalid_request_error", "invalid_value", "temperature: must be at most 2"));
        };
    }

    private String error(String type, String code, String message) {
        return switch (this) {
            case OPENAI ->
                "{\"error\":{\"message\":" + quote(message) + ",\"type\":\"" + type + "\",\"param\":null,\"code\":\""
                        + code + "\"}}";
            case ANTHROPIC ->
                "{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":" + quote(message) + "}}";
            case OLLAMA -> "{\"error\":" + quote(message) + "}";
        };
    }
}
