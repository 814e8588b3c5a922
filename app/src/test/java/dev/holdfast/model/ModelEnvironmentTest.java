package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.StartFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.env.MockEnvironment;

class ModelEnvironmentTest {

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource({
        "OPENAI_BASE_URL, nonsense",
        "OPENAI_BASE_URL, ftp://models",
        "OPENAI_BASE_URL, http://models/v1?key=1",
        "OLLAMA_BASE_URL, 'http://mo dels'",
        "OPENAI_BASE_URL, http://localhost:99999/v1",
    })
    void an_address_that_is_none_is_named(String variable, String value) {
        assertThatThrownBy(() -> ModelEnvironment.from(new MockEnvironment().withProperty(variable, value)))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining(variable);
    }

    @Test
    void an_address_of_our_own_setting_is_named_as_its_variable() {
        var environment = new MockEnvironment().withProperty("holdfast.anthropic-base-url", "nonsense");
        assertThatThrownBy(() -> ModelEnvironment.from(environment))
                .isInstanceOf(StartFailure.class)
                .hasMessageStartingWith("HOLDFAST_ANTHROPIC_BASE_URL is not an address");
    }

    @Test
    void a_host_name_that_the_client_cannot_use_is_told_as_one() {
        var environment = new MockEnvironment().withProperty("OLLAMA_BASE_URL", "http://my_ollama:11434");
        assertThatThrownBy(() -> ModelEnvironment.from(environment))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("without a _ in the host's name");
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource({
        "OLLAMA_BASE_URL, http://op:hush@127.0.0.1:1",
        "OPENAI_BASE_URL, https://op:hush@models/v1",
        "OPENAI_BASE_URL, https://hush@models/v1",
        "OLLAMA_BASE_URL, http://op:hush%zz@127.0.0.1:1",
    })
    void a_password_in_an_address_is_refused_and_not_shown(String variable, String value) {
        assertThatThrownBy(() -> ModelEnvironment.from(new MockEnvironment().withProperty(variable, value)))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining(variable)
                .hasMessageNotContaining("hush")
                .hasNoCause();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"OPENAI_API_KEY, 'sk-two lines'", "ANTHROPIC_API_KEY, sk-schlüssel"})
    void a_key_that_no_header_can_hold_is_named_but_not_shown(String variable, String value) {
        assertThatThrownBy(() -> ModelEnvironment.from(new MockEnvironment().withProperty(variable, value)))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining(variable)
                .hasMessageNotContaining("sk-");
    }
}
