package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Hebrew, Arabic, Persian: each paragraph runs as its own words do, and code as code does. */
@TestInstance(Lifecycle.PER_CLASS)
class TextDirectionTest {

    private static final String MIXED = """
            An English paragraph.

            פסקה בעברית!

            @ada הריצו את `foo(bar);`

            ```
            rm -rf ./build/*;
            ```

            1. ראשון
            2. שני
            3. third

            > ציטוט
            """;

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");

    @AfterAll
    void close() {
        mira.close();
    }

    @Test
    void code_reads_from_left_to_right_in_a_message_that_does_not() {
        show(MIXED.substring(MIXED.indexOf("פסקה")));
        for (var code : List.of("rm -rf ./build/*;", "foo(bar);")) {
            assertThat(runs(code)).as(code).isEqualTo("to the right");
        }
    }

    @Test
    void each_paragraph_has_a_direction_of_its_own_whatever_name_it_begins_with() {
        show(MIXED);
        assertThat(runs("An English paragraph.")).isEqualTo("to the right");
        assertThat(runs("פסקה בעברית!")).isEqualTo("to the left");
        mira.page.locator("hf-message .mention").first().waitFor(); // of several, where @ada has answered already
        assertThat(mira.evaluate("""
                () => {
                  const mention = document.querySelector('hf-message .mention');
                  return mention.getBoundingClientRect().left > mention.parentElement.querySelector('code').getBoundingClientRect().left;
                }""", null)).as("the name is at the right").isEqualTo(true);
    }

    @Test
    void the_numbers_of_a_list_and_the_bar_of_a_quotation_are_at_the_side_where_lines_begin() {
        show(MIXED);
        assertThat(mira.evaluate("""
                () => {
                  const text = document.querySelector('hf-message .text');
                  const list = getComputedStyle(text.querySelector('ol'));
                  const third = document.createRange();
                  third.selectNodeContents(text.querySelector('li:last-child'));
                  const besideItsNumber = third.getBoundingClientRect().left > innerWidth / 2;
                  const quotation = getComputedStyle(text.querySelector('blockquote'));
                  return [list.direction, list.paddingLeft, parseFloat(list.paddingRight) > 15, quotation.borderLeftWidth, quotation.borderRightWidth, besideItsNumber].join();
                }""", null)).isEqualTo("rtl,0px,true,0px,3px,true");
    }

    @Test
    void what_is_written_runs_as_it_will_be_read() {
        show("שלום");
        var field = mira.page.locator("hf-composer textarea");
        field.fill("מה שלומך?");
        assertThat(field.evaluate("(field) => getComputedStyle(field).direction"))
                .isEqualTo("rtl");
        field.fill("How are you?");
        assertThat(field.evaluate("(field) => getComputedStyle(field).direction"))
                .isEqualTo("ltr");
        field.fill("");
    }

    private void show(String text) {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        mira.rest().write(channel, text).mustBe(201);
        mira.page.locator("hf-message[data-status=complete] .text > *").first().waitFor();
    }

    /** Where a text's last character is, seen from its first. */
    private Object runs(String text) {
        return mira.evaluate("""
                (text) => {
                  const shown = document.querySelector('hf-message .text');
                  const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
                  while (walker.nextNode()) {
                    const at = walker.currentNode.data.indexOf(text);
                    if (at < 0) continue;
                    const [first, last] = [at, at + text.length - 1].map((index) => {
                      const range = document.createRange();
                      range.setStart(walker.currentNode, index);
                      range.setEnd(walker.currentNode, index + 1);
                      return range.getBoundingClientRect().left;
                    });
                    return first < last ? 'to the right' : 'to the left';
                  }
                  return 'not found';
                }""", text);
    }
}
