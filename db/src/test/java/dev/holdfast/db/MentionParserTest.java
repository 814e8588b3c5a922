package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What chat.mentioned_handles finds in a text. */
class MentionParserTest {

    private static final JdbcClient JDBC = TestPostgres.create().jdbc();

    @Test
    void a_handle_is_found_wherever_prose_may_put_it() {
        assertMentions("@ada", "ada");
        assertMentions("good morning @ada how are you", "ada");
        assertMentions("hello\n@ada\nbye", "ada");
        assertMentions("hello\r\n@ada\r\nbye", "ada");
        assertMentions("(@ada)", "ada");
        assertMentions("\"@ada\"", "ada");
        assertMentions("**@ada** and _@bert_", "ada", "bert");
        assertMentions("[@ada] - @bert/@cleo", "ada", "bert", "cleo");
        assertMentions("# @ada\n> @bert\n- @cleo\n1. @dora", "ada", "bert", "cleo", "dora");
    }

    @Test
    void punctuation_after_a_handle_is_not_part_of_it() {
        for (String after : List.of(
                ".", ",", "!", "?", ":", ";", "'s", "...", ")", "]", "}", "\"", "-", "_", "*", "~", "/", "…", "’s",
                "、")) {
            assertMentions("thanks @ada" + after, "ada");
            assertMentions("thanks @ada" + after + " again", "ada");
        }
    }

    @Test
    void dashes_and_underscores_inside_a_handle_are_part_of_it() {
        assertMentions("@code-review_2 please", "code-review_2");
        assertMentions("@ada-x", "ada-x");
        assertMentions("@ada--x", "ada--x");
        assertMentions("@ada- x", "ada");
    }

    @Test
    void a_handle_has_at_most_32_characters_and_no_shorter_one_is_cut_from_a_longer() {
        assertMentions("@" + "a".repeat(32), "a".repeat(32));
        assertMentions("@" + "a".repeat(33));
        assertMentions("@ada-" + "a".repeat(40));
    }

    @Test
    void no_handle_is_cut_from_a_name_with_an_accent() {
        assertMentions("@adaé, @adaŁ and @ada\u0301");
        assertMentions("@ada×2", "ada");
    }

    @Test
    void upper_case_is_lower_case() {
        assertMentions("@ADA and @Ada and @ada", "ada");
    }

    @Test
    void text_in_any_script_may_touch_a_handle() {
        assertMentions("你好@ada你好", "ada");
        assertMentions("привет,@ada,как дела", "ada");
        assertMentions("שלום @ada שלום", "ada");
        assertMentions("😀@ada😀", "ada");
        assertMentions("é @ada é", "ada");
    }

    @Test
    void several_agents_are_several_mentions_and_one_agent_twice_is_one() {
        assertMentions("@ada and @bert, then @ada again", "ada", "bert");
        assertMentions("@ada@bert");
        assertMentions("@ada,@bert", "ada", "bert");
    }

    @Test
    void an_email_address_is_no_mention() {
        assertMentions("mail bob@ada or bob@ada.example or b.o_b+x%y-@ada.example");
        assertMentions("<bob@ada.example>, mailto:bob@ada.example");
        assertMentions("@ada@social.example");
        assertMentions("bob@ada.example and @ada", "ada");
    }

    @Test
    void a_url_is_no_mention() {
        assertMentions("https://social.example/@ada");
        assertMentions("see <https://social.example/@ada> (https://social.example/@bert)");
        assertMentions("http://x.example/a_(@ada)_b?q=@bert#@cleo");
        assertMentions("www.social.example/@ada and social.example/@bert and social.example:8080/x/@cleo");
        assertMentions("HTTPS://SOCIAL.EXAMPLE/@ADA git+ssh://git@ada/x");
        assertMentions("https://social.example/ @ada", "ada");
        assertMentions("https://social.example/, @ada", "ada");
    }

    @Test
    void a_markdown_link_hides_its_address_and_shows_its_text() {
        assertMentions("[@ada](https://social.example/@bert)", "ada");
        assertMentions("[x](/users/@bert) [y](@cleo) [z](<@dora>) ![i](images/@emil)");
        assertMentions("[x](https://social.example/@bert), @ada", "ada");
        assertMentions("[x](/users/@bert \"about @ada\")", "ada");
    }

    @Test
    void an_array_index_or_a_lone_at_sign_is_no_mention() {
        assertMentions("@ @- @_ @. a@ @@ada");
        assertMentions("");
    }

    static void assertMentions(String text, String... handles) {
        assertThat(JDBC.sql("select chat.mentioned_handles(?)")
                        .param(text)
                        .query(String.class)
                        .list())
                .as(text.length() > 200 ? text.substring(0, 200) : text)
                .containsExactlyInAnyOrder(handles);
    }
}
