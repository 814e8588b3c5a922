package dev.holdfast.model;

import dev.holdfast.testing.ModelServer;

/** The models of a worker under test: every provider at the model server. */
public final class TestModels {
    public static final String KEY = "sk-secret-of-this-test";

    private TestModels() {}

    public static Models all(ModelServer server) {
        return new Models(new ModelEnvironment(server.openAiBaseUrl(), KEY, server.baseUrl(), KEY, server.baseUrl()));
    }
}
