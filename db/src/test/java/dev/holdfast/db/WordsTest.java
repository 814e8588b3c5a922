package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the search knows of a message: the words of its first 100,000 characters, so that no text is too much for its index. */
class WordsTest {

    /** More distinct words than one entry of the index can hold (1 MB). */
    private static final String TOO_MANY = words(200_000, Integer::toString);

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");

    @Test
    void a_reply_with_too_many_words_completes_and_holds_up_no_other() {
        Worker.Claim talkative = chat.claimed(worker);
        Worker.Claim other = chat.claimed(worker);
        assertThat(chat.jdbc
                        .sql("""
                                select held from chat.complete(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[], '{1,1}', '{1,1}')
                                """)
                        .params(
                                worker.id(),
                                Chat.array(List.of(talkative.message(), other.message())),
                                Chat.array(List.of(talkative.fence(), other.fence())),
                                Chat.array(List.of(TOO_MANY, "good morning")))
                        .query(Boolean.class)
                        .list())
                .containsExactly(true, true);
        assertThat(chat.content(talkative.message())).isEqualTo(TOO_MANY);
    }

    @Test
    void a_reply_with_too_many_words_can_fail_be_stopped_and_be_cancelled() {
        Worker.Claim failed = chat.claimed(worker);
        assertThat(worker.fail(failed, "cut", null, TOO_MANY, true)).isEqualTo("failed");
        Worker.Claim stopped = chat.claimed(worker);
        worker.append(stopped, null, 0, TOO_MANY);
        chat.one(String.class, "select chat.stop(?, ?)::text", stopped.message(), chat.account("mira"));
        assertThat(chat.content(stopped.message())).isEqualTo(TOO_MANY);
        Worker.Claim cancelled = chat.claimed(worker);
        worker.append(cancelled, null, 0, TOO_MANY);
        assertThat(chat.one(String.class, "select outcome from ops.cancel(?)", cancelled.generation()))
                .isEqualTo("cancelled");
        assertThat(chat.content(cancelled.message())).isEqualTo(TOO_MANY);
    }

    /** Texts in the worst alphabet and shape: four bytes a letter, and a hyphen makes three words of two. */
    static List<String> worst() {
        return List.of(
                words(60_000, WordsTest::letter),
                words(60_000, n -> letter(n) + "-" + letter(n * 7919)),
                words(60_000, n -> letter(n) + letter(n / 7) + "-" + letter(n * 7919) + letter(n * 31)),
                words(60_000, n -> letter(n).repeat(4) + "-" + letter(n * 7919) + letter(n * 31)),
                words(60_000, n -> "a" + n + ".example/" + n));
    }

    @ParameterizedTest
    @MethodSource("worst")
    void whatever_a_text_is_made_of_its_words_fit(String text) {
        UUID message = chat.one(
                UUID.class,
                "insert into chat.message (channel_id, author_id, content) values (?, ?, ?) returning id",
                chat.channelId("general"),
                chat.account("mira"),
                text);
        assertThat(chat.content(message)).isEqualTo(text);
    }

    @Test
    void the_words_of_no_message_are_split_for_statistics_that_nobody_reads() {
        chat.run(
                "insert into chat.message (channel_id, author_id, content) select ?, ?, 'number ' || n from generate_series(1, 300) n",
                chat.channelId("general"),
                chat.account("mira"));
        chat.run("analyze chat.message");
        assertThat(
                        chat.one(
                                Long.class,
                                "select count(*) from pg_stats where schemaname = 'chat' and tablename like 'message%' and attname like 'to\\_tsvector%'"))
                .isZero();
    }

    @Test
    void the_index_serves_the_search() {
        chat.run(
                "insert into chat.message (channel_id, author_id, content) select ?, ?, 'number ' || n from generate_series(1, 3000) n",
                chat.channelId("general"),
                chat.account("mira"));
        chat.run("analyze chat.message");
        assertThat(chat.one(
                        String.class,
                        "select (chat.search(?, 'number 77', 1) -> 0 ->> 'content') from pg_stat_force_next_flush()",
                        chat.account("mira")))
                .isEqualTo("number 77");
        assertThat(chat.one(
                        Long.class,
                        "select idx_scan from pg_stat_user_indexes where indexrelid = 'chat.message_words'::regclass"))
                .isPositive();
    }

    private static String words(int count, IntFunction<String> word) {
        return IntStream.range(0, count).mapToObj(word).collect(Collectors.joining(" "));
    }

    private static String letter(int n) {
        return Character.toString(0x20000 + Math.floorMod(n, 40_000));
    }
}
