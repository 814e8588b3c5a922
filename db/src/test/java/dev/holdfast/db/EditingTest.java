package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Edits and deletions, and what they do to mentions and replies. */
class EditingTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");

    @Test
    void an_edit_that_adds_a_mention_summons_the_agent_once() {
        UUID message = chat.post("mira", "hello");
        edit(message, "mira", "hello @ada");
        assertThat(chat.state(chat.replyTo(message, "ada"))).isEqualTo("queued");
        edit(message, "mira", "hello");
        edit(message, "mira", "hello again @ada");
        assertThat(chat.count("chat.generation")).isEqualTo(1);
    }

    @Test
    void an_edit_that_removes_a_mention_cancels_nothing() {
        UUID message = chat.post("mira", "hello @ada");
        edit(message, "mira", "hello");
        assertThat(chat.state(chat.replyTo(message, "ada"))).isEqualTo("queued");
    }

    @Test
    void an_edit_keeps_the_place_and_takes_a_seq_and_the_same_text_takes_none() {
        UUID message = chat.post("mira", "hello");
        chat.post("tom", "hi");
        edit(message, "mira", "hello!");
        edit(message, "mira", "hello!");
        assertThat(chat.one(
                        String.class,
                        "select position || ' ' || seq || ' ' || (edited_at is not null) from chat.message where id = ?",
                        message))
                .isEqualTo("1 3 true");
        assertThat(chat.one(Long.class, "select seq from chat.channel")).isEqualTo(3);
    }

    @Test
    void a_message_that_plain_SQL_would_move_stays_and_nobody_is_refused_for_it() {
        chat.channel("other");
        UUID other = chat.channelId("other");
        chat.postIn("other", "mira", "first");
        UUID message = chat.post("mira", "hello");
        assertThat(Refusals.of(() -> chat.run("update chat.message set channel_id = ? where id = ?", other, message)))
                .startsWith("HF409 Message " + message + " keeps its channel and its position");
        assertThat(Refusals.of(() -> chat.run("update chat.message set position = 0 where id = ?", message)))
                .startsWith("HF409");
        chat.run("update chat.message set content = 'hi', channel_id = channel_id where id = ?", message);
        chat.postIn("other", "mira", "second");
        chat.post("mira", "and here");
    }

    @Test
    void a_seq_that_somebody_has_taken_is_not_told_as_an_id_that_is_taken() {
        UUID message = chat.post("mira", "hello");
        chat.run("update chat.message set seq = 2 where id = ?", message);
        assertThat(Refusals.of(() -> chat.post("mira", "and again"))).contains("message_seq_is_unique_in_channel");
        chat.run("update chat.message set seq = 1 where id = ?", message);
    }

    @Test
    void only_the_author_edits_and_only_what_is_there() {
        UUID message = chat.post("mira", "hello");
        assertThat(Refusals.of(() -> edit(message, "tom", "x")))
                .startsWith("HF403 Only its author may edit a message.");
        assertThat(Refusals.of(() -> edit(message, "mira", " "))).startsWith("HF422");
        assertThat(Refusals.of(() -> edit(UUID.randomUUID(), "mira", "x"))).startsWith("HF404");
        delete(message, "mira");
        assertThat(Refusals.of(() -> edit(message, "mira", "x"))).startsWith("HF409 The message was deleted.");
    }

    @Test
    void who_left_a_channel_edits_deletes_stops_and_retries_nothing_in_it() {
        UUID message = chat.post("mira", "hello @ada");
        UUID reply = chat.replyTo(message, "ada");
        chat.run("delete from chat.membership where account_id = ?", chat.account("mira"));
        for (String call :
                new String[] {"edit_message(?, ?, 'x')", "delete_message(?, ?)", "stop(?, ?)", "retry(?::uuid, ?::uuid)"
                }) {
            assertThat(Refusals.of(() ->
                            chat.one(String.class, "select chat." + call + "::text", reply, chat.account("mira"))))
                    .startsWith("HF404");
        }
    }

    @Test
    void a_deleted_message_leaves_a_tombstone_without_text() {
        UUID message = chat.post("mira", "hello");
        assertThat(delete(message, "mira")).contains("\"deleted\" : true", "\"content\" : \"\"");
        assertThat(delete(message, "mira")).contains("\"deleted\" : true");
        assertThat(chat.one(Long.class, "select seq from chat.channel")).isEqualTo(2);
    }

    @Test
    void deleting_a_running_reply_cancels_it_and_its_worker_writes_nothing_more() {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "secret");
        delete(claim.message(), "mira");
        assertThat(chat.content(claim.message())).isEmpty();
        assertThat(worker.complete(claim, "secret")).isEqualTo("fenced");
        assertThat(chat.content(claim.message())).isEmpty();
        assertThat(chat.state(claim.message())).isEqualTo("cancelled");
        assertThat(Refusals.of(() -> chat.one(
                        String.class,
                        "select chat.retry(?::uuid, ?::uuid)::text",
                        claim.message(),
                        chat.account("mira"))))
                .startsWith("HF409");
    }

    @Test
    void a_reply_is_deleted_by_who_asked_or_an_administrator_and_nobody_else() {
        Worker.Claim claim = chat.claimed(worker);
        worker.complete(claim, "good morning");
        assertThat(Refusals.of(() -> delete(claim.message(), "tom"))).startsWith("HF403");
        chat.run("update chat.account set role = 'administrator' where handle = 'tom'");
        assertThat(delete(claim.message(), "tom")).contains("\"deleted\" : true");
    }

    @Test
    void a_reply_that_plain_sql_deleted_while_it_ran_gets_no_text_at_its_end() {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "secret");
        chat.run("update chat.message set content = '', deleted_at = now() where id = ?", claim.message());
        assertThat(worker.complete(claim, "secret")).isEqualTo("held");
        assertThat(chat.content(claim.message())).isEmpty();
    }

    private void edit(UUID message, String account, String content) {
        chat.one(String.class, "select chat.edit_message(?, ?, ?)::text", message, chat.account(account), content);
    }

    private String delete(UUID message, String account) {
        return chat.one(String.class, "select chat.delete_message(?, ?)::text", message, chat.account(account));
    }
}
