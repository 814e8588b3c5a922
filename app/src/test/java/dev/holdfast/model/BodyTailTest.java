package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyTailTest {
    private static final String END =
            "data: {\"choices\": [{\"finish_reason\": \"eos\"}]}\n\ndata: {\"usage\": {}}\n\ndata: [DONE]\n\n";

    @Test
    void the_end_is_found_however_the_body_came() throws Exception {
        var random = new Random(7);
        for (int most : new int[] {1, 3, 100, 3000, 8192}) {
            for (int before : new int[] {0, 1, 1900, 2048, 8150, 20_000}) {
                String body = "x".repeat(before) + "\n\n" + END;
                var tail = new BodyTail(new Buffer().writeUtf8(body));
                var read = new Buffer();
                while (tail.read(read, 1 + random.nextInt(most)) >= 0) {
                    if (random.nextBoolean()) read.skip(random.nextInt((int) read.size() + 1));
                }
                assertThat(tail.finishReason()).as(most + " after " + before).isEqualTo("eos");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            data: {"finish_reason": "stop"}         | stop
            data: {"finish_reason":"length"}        | length
            data: {"finish_reason": null}           |
            data: {"finish_reason": ""}             |
            data: {"text": "\\"finish_reason\\":\\"stop\\""} |
            data: [DONE]                            | stop
            data: {"text": "data: [DONE]"}          |
            : nothing                               |
            """)
    void the_reason_is_the_last_that_was_given(String line, String reason) throws Exception {
        var tail = new BodyTail(new Buffer().writeUtf8("data: {\"x\": 1}\n\n" + line + "\n\n"));
        new Buffer().writeAll(tail);
        assertThat(tail.finishReason()).isEqualTo(reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            data: [DONE]                                         | true
            data:[DONE]                                          | true
            event: message_stop\\ndata: {"type":"message_stop"}  | true
            event: message_stop\\ndata: {"type": "message_stop", "metrics": {}} | true
            data: {"type":"message_delta"}                       | false
            data: {"text": "x data: [DONE]"}                   | false
            : data: [DONE]                                       | false
            """)
    void the_body_is_over_with_its_last_event(String event, boolean over) throws Exception {
        String before = "data: {\"x\": 1}\n\n" + event.replace("\\n", "\n");
        var body = new Buffer().writeUtf8(before + "\n\nand more");
        var tail = new BodyTail(body);
        var read = new Buffer();
        while (tail.read(read, 1) >= 0) assertThat(read.size()).isPositive();
        assertThat(read.readUtf8()).isEqualTo(before + "\n\n" + (over ? "" : "and more"));
    }
}
