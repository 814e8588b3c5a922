package dev.holdfast.db;

import static dev.holdfast.db.MentionParserTest.assertMentions;

import org.junit.jupiter.api.Test;

/** Markdown code hides mentions; what CommonMark doesn't call code does not. */
class MentionsInCodeTest {

    @Test
    void a_code_span_hides_a_mention() {
        assertMentions("run `@ada` now, @bert", "bert");
        assertMentions("``a ` @ada`` @bert", "bert");
        assertMentions("`a\n@ada\nb` @bert", "bert");
        assertMentions("`@ada` `@bert` @cleo `@dora`", "cleo");
    }

    @Test
    void an_unclosed_backtick_hides_nothing() {
        assertMentions("a ` b @ada", "ada");
        assertMentions("a `` b ` @ada", "ada");
        assertMentions("a ``` b @ada", "ada");
        assertMentions("a `b\n\n@ada` c", "ada");
    }

    @Test
    void an_escaped_backtick_opens_nothing_and_a_backslash_in_code_escapes_nothing() {
        assertMentions("\\`@ada\\`", "ada");
        assertMentions("`a\\` @ada `b`", "ada");
        assertMentions("\\\\`@ada`");
        assertMentions("\\``@ada`");
    }

    @Test
    void a_span_ends_with_its_paragraph_list_item_heading_or_quote() {
        assertMentions("- `a\n- @ada` b", "ada");
        assertMentions("# `a\n@ada` b", "ada");
        assertMentions("> `a\n\n@ada` b", "ada");
    }

    @Test
    void a_fenced_block_hides_all_in_it() {
        assertMentions("```\n@ada\n```\n@bert", "bert");
        assertMentions("~~~ java\n@ada\n\n@ada\n~~~~\n@bert", "bert");
        assertMentions("text\n```js\n@ada\n```\n@bert", "bert");
        assertMentions("   ```\n@ada\n   ```\n@bert", "bert");
        assertMentions("```\r\n@ada\r\n```\r\n@bert", "bert");
    }

    @Test
    void a_fence_in_a_fence_is_text() {
        assertMentions("````\n```\n@ada\n```\n@ada\n````\n@bert", "bert");
        assertMentions("~~~\n```\n@ada\n~~~\n@bert", "bert");
        assertMentions("```\n``` js\n@ada\n```\n@bert", "bert");
        assertMentions("```\n> ```\n@ada\n```\n@bert", "bert");
    }

    @Test
    void an_unclosed_fence_hides_the_rest() {
        assertMentions("@bert\n```\n@ada", "bert");
    }

    @Test
    void backticks_in_the_info_of_a_fence_make_it_a_span() {
        assertMentions("``` @ada ``` @bert", "bert");
        assertMentions("```a`b\n@ada", "ada");
    }

    @Test
    void a_fence_ends_with_the_quote_or_the_list_item_that_it_is_in() {
        assertMentions("> ```\n> @ada\n\n@bert", "bert");
        assertMentions("> ```\n> @ada\n@bert", "bert");
        assertMentions("- ```\n  @ada\n- @bert", "bert");
        assertMentions("- ```\n  @ada\n  ```\n  @bert", "bert");
        assertMentions("1. text\n\n   ```\n   @ada\n   ```\n\n   @bert", "bert");
        assertMentions("> - ```\n>   @ada\n> @bert", "bert");
    }

    @Test
    void an_indented_block_hides_all_in_it() {
        assertMentions("text\n\n    @ada\n\n    @ada\n\n@bert", "bert");
        assertMentions("text\n\n\t@ada\n@bert", "bert");
        assertMentions("    @ada");
        assertMentions("    ```\n@bert", "bert");
        assertMentions("# heading\n    @ada");
    }

    @Test
    void an_indented_line_in_a_paragraph_or_a_list_is_text() {
        assertMentions("text\n    @ada", "ada");
        assertMentions("- item\n\n    @ada", "ada");
        assertMentions("- item\n    @ada", "ada");
        assertMentions("1. item\n\n    @ada\n   - @bert\n\n     @cleo", "ada", "bert", "cleo");
        assertMentions("- item\n\n      @ada\n\n@bert", "bert");
    }

    @Test
    void code_in_a_quote_is_code() {
        assertMentions("> `@ada` @bert", "bert");
        assertMentions("> > ```\n> > @ada\n> > ```\n> @bert", "bert");
        assertMentions(">     @ada\n> @bert", "bert");
    }
}
