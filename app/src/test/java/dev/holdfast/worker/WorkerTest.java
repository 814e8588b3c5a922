package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.Texts;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a row that waits to a row that holds the reply. */
class WorkerTest {
    private final TestDatabase database = TestPostgres.create();
    private final ModelServer server = ModelServer.start();
    private final Channel channel = new Channel(database);
    private TestWorker worker;

    @BeforeEach
    void start() {
        worker = TestWorker.start(database, server);
    }

    @AfterEach
    void nothing_is_left_running() {
        worker.close();
        server.close();
        assertThat(channel.jdbc
                        .sql("select count(*) from chat.generation where state = 'running'")
                        .query(Long.class)
                        .single())
                .isZero();
        assertThat(channel.jdbc
                        .sql("select count(*) from chat.worker")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void the_guide_recaps_the_channel_and_says_what_it_is() {
        channel.agent("guide", "guide", "guide");
        channel.ask("the release is on friday");
        channel.ask("who tests it?");
        var reply = channel.await(channel.ask("@guide recap this channel"), "completed");
        assertThat((String) reply.get("content"))
                .contains(
                        "last 2 messages",
                        "Mira wrote 2",
                        "who tests it?",
                        "the release is on friday",
                        "not a language model");
        assertThat(reply)
                .containsEntry("status", "complete")
                .containsEntry("chunks", 0L)
                .containsEntry("context", 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "ollama"})
    void a_reply_becomes_the_text_that_the_model_sent(String provider) {
        channel.agent("ada", provider, "m");
        String text = Texts.ofWords(Texts.Kind.MIXED, 200, 4);
        server.on("m", Script.says(text).pace(400).split(Script.Split.UNITS).pace(5000));
        var asking = channel.ask("hello @ada");
        var reply = channel.await(asking, "completed");
        assertThat(reply.get("content")).isEqualTo(text);
        assertThat(reply)
                .containsEntry("status", "complete")
                .containsEntry("attempt", 1)
                .containsEntry("text_fence", 1L);
        assertThat((Integer) reply.get("output_tokens")).isPositive();
        assertThat(server.served("m")).hasSize(1);
        assertThat(server.served("m").getFirst().requestId).isEqualTo(reply.get("id") + "-1");
    }

    @Test
    void nul_is_stripped_and_100_kB_are_stored_byte_for_byte() {
        channel.agent("ada", "openai", "m");
        for (var kind :
                List.of(Texts.Kind.NUL, Texts.Kind.EMOJI, Texts.Kind.RTL, Texts.Kind.COMBINING, Texts.Kind.MARKDOWN)) {
            String text = Texts.ofLength(kind, 100_000, 8);
            server.on("m", Script.says(text).split(Script.Split.BYTES));
            assertThat(channel.await(channel.ask("@ada " + kind), "completed").get("content"))
                    .as("" + kind)
                    .isEqualTo(text.replace("\u0000", ""));
        }
    }

    /** Its chunks tell: the short reply is there before any more of the long one, each piece of which takes seconds to be written. */
    @Test
    void a_reply_begins_and_ends_while_slow_writes_of_others_rest() {
        channel.agent("ada", "openai", "long");
        channel.agent("bob", "openai", "short");
        server.on("long", Script.says(Texts.ofWords(Texts.Kind.WORDS, 2000, 4)).pace(50));
        server.on("short", Script.says("at once"));
        var asked = channel.ask("go on @ada");
        channel.awaitText(asked);
        channel.jdbc.sql("""
                        create function chat.take_long() returns trigger language plpgsql
                        as 'begin perform pg_sleep(5); return new; end'
                        """).update();
        channel.jdbc.sql("""
                        create trigger take_long before insert on chat.chunk for each row when (new.message_id = '%s')
                        execute function chat.take_long()
                        """.formatted(channel.reply(asked).get("message_id"))).update();
        long written = channel.awaitChunks(asked, (long) channel.reply(asked).get("chunks") + 1);
        channel.await(channel.ask("and you @bob"), "completed");
        assertThat(channel.reply(asked)).containsEntry("chunks", written);
        channel.jdbc.sql("drop trigger take_long on chat.chunk").update();
        channel.stop(asked, "mira");
        channel.await(asked, "cancelled");
    }
}
