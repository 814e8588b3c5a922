package dev.holdfast.model;

import org.springframework.ai.chat.prompt.Prompt;

/** A provider as configured for this process. Thread-safe. */
interface Endpoint {

    /**
     * Sends the request. Does not block; what fails comes out of the call.
     *
     * @param requestId names the attempt in the provider's log and finds its HTTP request again; unique
     */
    ModelCall call(Agent agent, AgentOptions options, Prompt prompt, String requestId, ModelListener listener);
}
