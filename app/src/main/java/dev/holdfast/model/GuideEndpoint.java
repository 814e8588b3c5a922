package dev.holdfast.model;

import org.springframework.ai.chat.prompt.Prompt;

/** The guide, asked through the same interface as every model. */
final class GuideEndpoint implements Endpoint {
    private final GuideModel guide = new GuideModel();

    @Override
    public ModelCall call(Agent agent, AgentOptions options, Prompt prompt, String requestId, ModelListener listener) {
        return ModelCall.start(
                guide.stream(prompt),
                listener,
                () -> {},
                error -> new Failure.TryAgain("the guide failed", "server_error"));
    }
}
