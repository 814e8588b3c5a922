package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentOptionsTest {
    @Test
    void nothing_given_is_the_defaults() {
        assertThat(AgentOptions.parse("{}")).isEqualTo(AgentOptions.DEFAULTS);
        assertThat(AgentOptions.parse("{\"temperature\": null}")).isEqualTo(AgentOptions.DEFAULTS);
    }

    @Test
    void what_is_given_is_taken() {
        assertThat(
                        AgentOptions.parse(
                                "{\"temperature\": 0.5, \"topP\": 1, \"maxTokens\": 100, \"contextTokens\": 2000, \"contextMessages\": 7}"))
                .isEqualTo(new AgentOptions(0.5, 1.0, 100, 2000, 7));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"temperature": "hot"}   | The agent option 'temperature' is "hot", but must be a number from 0 to 2.
            {"topP": 1.5}            | The agent option 'topP' is 1.5, but must be a number from 0 to 1.
            {"maxTokens": 0}         | The agent option 'maxTokens' is 0, but must be a whole number from 1 to 1000000.
            {"maxTokens": 1.5}       | The agent option 'maxTokens' is 1.5, but must be a whole number from 1 to 1000000.
            {"temprature": 1}        | The agent option 'temprature' is not known; known are temperature, topP, maxTokens, contextTokens, contextMessages.
            [1]                      | The agent's options must be a JSON object, such as {"temperature": 0.7}.
            {"a":                    | The agent's options must be a JSON object, such as {"temperature": 0.7}.
            """)
    void what_is_wrong_is_named(String options, String sentence) {
        assertThatThrownBy(() -> AgentOptions.parse(options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }
}
