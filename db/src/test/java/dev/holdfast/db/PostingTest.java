package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Whichever door a message comes in by, it gets its seq, its mentions and its reply. */
class PostingTest {

    @AutoClose
    private final Chat chat = new Chat();

    @Test
    void chat_post_takes_names_and_returns_the_id() {
        UUID message = chat.one(UUID.class, "select chat.post('#general', '@Mira', 'hello @ada')");
        assertThat(chat.content(message)).isEqualTo("hello @ada");
        assertThat(chat.status(chat.replyTo(message, "ada"))).isEqualTo("queued");
    }

    @Test
    void chat_post_says_what_is_wrong_and_what_to_do() {
        assertThat(Refusals.of(() -> chat.postIn("nowhere", "mira", "x")))
                .startsWith("HF404 There is no channel \"nowhere\".");
        assertThat(Refusals.of(() -> chat.post("nobody", "x"))).startsWith("HF404 There is no account \"nobody\".");
        chat.run("delete from chat.membership where account_id = ?", chat.account("tom"));
        assertThat(Refusals.of(() -> chat.post("tom", "x"))).startsWith("HF403 tom is not a member of general.");
        chat.run("update chat.account set disabled_at = now() where handle = 'mira'");
        assertThat(Refusals.of(() -> chat.post("mira", "x"))).startsWith("HF404");
        assertThat(chat.count("chat.message")).isZero();
    }

    @Test
    void post_message_under_the_same_id_again_returns_the_same_message() {
        UUID id = UUID.randomUUID();
        assertThat(postMessage(id, "mira", "hello @ada")).isTrue();
        assertThat(postMessage(id, "mira", "hello @ada")).isFalse();
        assertThat(postMessage(id, "mira", "")).isFalse();
        assertThat(chat.content(id)).isEqualTo("hello @ada");
        assertThat(chat.count("chat.message")).isEqualTo(2);
        assertThat(seq()).isEqualTo(2);
    }

    @Test
    void the_same_post_ten_times_in_parallel_is_one_message_and_one_reply() throws Exception {
        UUID id = UUID.randomUUID();
        List<Boolean> created = InParallel.all(IntStream.range(0, 10)
                .<Callable<Boolean>>mapToObj(n -> () -> postMessage(id, "mira", "hello @ada"))
                .toList());
        assertThat(created).containsOnlyOnce(true);
        assertThat(chat.count("chat.message")).isEqualTo(2);
        assertThat(chat.count("chat.generation")).isEqualTo(1);
        assertThat(seq()).isEqualTo(2);
    }

    @Test
    void post_message_refuses_what_is_no_message() {
        chat.channel("other");
        UUID elsewhere = chat.postIn("other", "mira", "elsewhere");
        UUID id = chat.post("mira", "hello");
        assertThat(Refusals.of(() -> postMessage(id, "tom", "hello")))
                .startsWith("HF409 The message id " + id + " is taken");
        assertThat(Refusals.of(() -> postMessage(elsewhere, "mira", "hello"))).startsWith("HF409");
        assertThat(Refusals.of(() -> postMessage(null, "mira", "hello"))).startsWith("HF422 The message has no id.");
        assertThat(Refusals.of(() -> postMessage(UUID.randomUUID(), "mira", " \n\t ")))
                .startsWith("HF422 The message is empty.");
        assertThat(Refusals.of(() -> postMessage(UUID.randomUUID(), "mira", null)))
                .startsWith("HF422 The message is empty.");
        assertThat(Refusals.of(() -> reply(UUID.randomUUID(), elsewhere)))
                .startsWith("HF422 The message " + elsewhere + " that this one replies to is not in this channel.");
        assertThat(Refusals.of(() -> reply(UUID.randomUUID(), UUID.randomUUID())))
                .startsWith("HF422");
        chat.run("delete from chat.membership where account_id = ?", chat.account("tom"));
        assertThat(Refusals.of(() -> postMessage(UUID.randomUUID(), "tom", "hello")))
                .startsWith("HF404 You are in no channel");
        assertThat(seq()).isEqualTo(1);
    }

    @Test
    void a_message_may_have_64_kilobytes_and_no_byte_more() {
        assertThat(postMessage(UUID.randomUUID(), "mira", "é".repeat(32_768))).isTrue();
        assertThat(Refusals.of(() -> postMessage(UUID.randomUUID(), "mira", "é".repeat(32_768) + "x")))
                .startsWith("HF422 The message has 65537 bytes; the limit is 65536 bytes (64 kB).");
    }

    @Test
    void a_plain_insert_is_a_post() {
        chat.run(
                "insert into chat.message (channel_id, author_id, content) values (?, ?, 'hello @ada')",
                chat.channelId("general"),
                chat.account("mira"));
        assertThat(seqs()).containsExactly(1L, 2L);
        assertThat(chat.count("chat.generation")).isEqualTo(1);
    }

    @Test
    void an_insert_of_many_rows_posts_them_in_order_before_the_replies() {
        chat.run(
                "insert into chat.message (channel_id, author_id, content) select ?, ?, 'hello @ada ' || n from generate_series(1, 50) n",
                chat.channelId("general"),
                chat.account("mira"));
        assertThat(chat.jdbc
                        .sql("select content from chat.message where status = 'complete' order by position")
                        .query(String.class)
                        .list())
                .startsWith("hello @ada 1", "hello @ada 2")
                .hasSize(50);
        assertThat(chat.jdbc
                        .sql(
                                "select q.content from chat.message m join chat.message q on q.id = m.reply_to where m.status = 'queued' order by m.position")
                        .query(String.class)
                        .list())
                .startsWith("hello @ada 1", "hello @ada 2")
                .hasSize(50);
        assertThat(chat.count("chat.generation")).isEqualTo(50);
        assertThat(seqs())
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 100).mapToObj(Long::valueOf).toList());
    }

    @Test
    void an_insert_that_conflicts_changes_nothing_and_takes_no_seq() throws Exception {
        UUID id = UUID.randomUUID();
        Callable<Integer> insert = () -> chat.jdbc
                .sql(
                        "insert into chat.message (id, channel_id, author_id, content) values (?, ?, ?, 'hello @ada') on conflict do nothing")
                .params(id, chat.channelId("general"), chat.account("mira"))
                .update();
        assertThat(InParallel.all(java.util.Collections.nCopies(20, insert)).stream()
                        .mapToInt(i -> i)
                        .sum())
                .isEqualTo(1);
        assertThat(insert.call()).isZero();
        assertThat(seq()).isEqualTo(2);
        assertThat(chat.count("chat.generation")).isEqualTo(1);
    }

    @Test
    void an_upsert_that_updates_is_an_edit() {
        UUID id = chat.post("mira", "hello");
        chat.run(
                "insert into chat.message (id, channel_id, author_id, content) values (?, ?, ?, 'hello @ada') on conflict (id) do update set content = excluded.content",
                id,
                chat.channelId("general"),
                chat.account("mira"));
        assertThat(chat.one(String.class, "select seq || ' ' || position from chat.message where id = ?", id))
                .isEqualTo("2 1");
        assertThat(chat.state(chat.replyTo(id, "ada"))).isEqualTo("queued");
    }

    @Test
    void seq_and_position_that_a_writer_brings_along_are_ignored() {
        chat.run(
                "insert into chat.message (channel_id, author_id, content, seq, position) values (?, ?, 'hello', 70, 70)",
                chat.channelId("general"),
                chat.account("mira"));
        assertThat(seqs()).containsExactly(1L);
    }

    @Test
    void a_plain_insert_into_no_channel_says_so() {
        assertThat(Refusals.of(() -> chat.run(
                        "insert into chat.message (channel_id, author_id, content) values (gen_random_uuid(), ?, 'x')",
                        chat.account("mira"))))
                .startsWith("HF404 There is no channel");
    }

    private boolean postMessage(UUID id, String author, String content) {
        return chat.one(
                Boolean.class,
                "select created from chat.post_message(?, ?, ?, ?, null)",
                id,
                chat.channelId("general"),
                chat.account(author),
                content);
    }

    private boolean reply(UUID id, UUID replyTo) {
        return chat.one(
                Boolean.class,
                "select created from chat.post_message(?, ?, ?, 'x', ?)",
                id,
                chat.channelId("general"),
                chat.account("mira"),
                replyTo);
    }

    private long seq() {
        return chat.one(Long.class, "select seq from chat.channel where name = 'general'");
    }

    private List<Long> seqs() {
        return chat.jdbc
                .sql("select seq from chat.message order by seq")
                .query(Long.class)
                .list();
    }
}
