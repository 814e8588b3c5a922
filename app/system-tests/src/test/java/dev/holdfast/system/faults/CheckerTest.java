package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.system.faults.History.Version;
import dev.holdfast.system.faults.History.Written;
import dev.holdfast.testing.FeedStore.Stored;
import dev.holdfast.testing.ModelServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import tools.jackson.databind.json.JsonMapper;

/** The checker of the fault runs finds nothing in a sound database, and each kind of damage that is done to it. */
class CheckerTest {

    private static final History history = new History();
    private static ModelServer models;
    private static JdbcClient jdbc;
    private static SingleConnectionDataSource connection;
    private static UUID room;
    private static Written first;
    private static Written edited;
    private static Written deleted;
    private static Written question;

    @BeforeAll
    static void a_sound_database() throws Exception {
        models = ModelServer.start();
        connection = new SingleConnectionDataSource(
                TestPostgres.create().dataSource().getConnection(), true);
        jdbc = JdbcClient.create(connection);
        jdbc.sql("""
                with made as (
                  insert into chat.account (handle, display_name, kind) values ('person-1', 'Person 1', 'human'), ('ada', 'Ada', 'agent')
                  returning id, kind
                )
                insert into chat.agent (account_id, provider, model) select id, 'ollama', 'ada-model' from made where kind = 'agent'""").update();
        room = jdbc.sql("insert into chat.channel (name) values ('room-1') returning id")
                .query(UUID.class)
                .single();
        jdbc.sql(
                        "insert into chat.membership (channel_id, account_id) select ?, id from chat.account where kind = 'human'")
                .param(room)
                .update();
        first = written("");
        edited = written("");
        deleted = written("");
        question = written(" @ada [[numbered=yes words=30 kind=mixed]]");
        edit();
        delete();
        answer();
        connection.getConnection().setAutoCommit(false);
    }

    @AfterAll
    static void close() {
        connection.destroy();
        models.close();
    }

    private static Written written(String mention) {
        var nonce = history.nonce();
        var message = new Written(1, room, nonce, "message " + nonce + " of person-1" + mention);
        history.add(message);
        message.first().acknowledged = true;
        jdbc.sql(
                        "insert into chat.message (id, channel_id, author_id, content) select ?, ?, id, ? from chat.account where handle = 'person-1'")
                .params(message.id, room, message.first().content)
                .update();
        return message;
    }

    private static void edit() {
        var version = new Version("message " + edited.nonce + " edited");
        version.acknowledged = true;
        edited.versions.add(version);
        jdbc.sql("update chat.message set content = ?, edited_at = now() where id = ?")
                .params(version.content, edited.id)
                .update();
    }

    private static void delete() {
        deleted.deleteTried = true;
        deleted.deleteAcknowledged = true;
        jdbc.sql("update chat.message set content = '', deleted_at = now() where id = ?")
                .param(deleted.id)
                .update();
    }

    /** As a worker would: asks the model, and stores what it said. */
    private static void answer() throws Exception {
        var body = new JsonMapper()
                .writeValueAsString(Map.of(
                        "model",
                        "ada-model",
                        "messages",
                        List.of(Map.of("role", "user", "content", question.first().content))));
        HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(models.baseUrl() + "/api/chat"))
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString());
        jdbc.sql("update chat.generation set state = 'completed', attempt = 1, fence = 1, finished_at = now()")
                .update();
        jdbc.sql("update chat.message set content = ?, status = 'complete', text_fence = 1 where reply_to = ?")
                .params(models.served().getFirst().text(), question.id)
                .update();
    }

    private static Checker checker() {
        return new Checker(jdbc, models.served(), history).check();
    }

    @Test
    void nothing_is_found_in_a_sound_database() {
        assertThat(checker().findings()).isEmpty();
        assertThat(checker().summary()).contains("5 messages, 1 replies {completed=1}");
    }

    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource(quoteCharacter = '`', delimiterString = " | ", textBlock = """
            LOST      | message                   | delete from chat.message where id = :first
            LOST      | the last edit             | update chat.message set content = 'message n2n of person-1' where id = :edited
            LOST      | the deletion              | update chat.message set content = 'message n3n of person-1', deleted_at = null where id = :deleted
            LOST      | deleted by nobody         | update chat.message set content = '', deleted_at = now() where id = :first
            LOST      | the reply of ada          | delete from chat.generation
            LOST      | the reply message         | delete from chat.message where reply_to = :question
            DOUBLED   | message n1n is there 2    | insert into chat.message (channel_id, author_id, content, seq, position) select channel_id, author_id, content, 100, 100 from chat.message where id = :first
            DOUBLED   | nobody wrote              | insert into chat.message (channel_id, author_id, content, seq, position) select channel_id, author_id, 'message n9n', 100, 100 from chat.message where id = :first
            DOUBLED   | 2 replies to              | insert into chat.generation (message_id, asked_by_message, agent_id, channel_id, person_id) select :first, asked_by_message, agent_id, channel_id, person_id from chat.generation
            DOUBLED   | nobody asked              | update chat.generation set asked_by_message = :first
            DOUBLED   | without a generation      | insert into chat.message (channel_id, author_id, content, seq, position) select channel_id, author_id, content, 100, 100 from chat.message where reply_to = :question
            REORDERED | comes before              | update chat.message set position = 8 - position where id in (:first, :question)
            REORDERED | seq is not dense          | update chat.channel set seq = seq + 1
            DIVERGED  | not what request 1        | update chat.message set content = content || ' and more' where reply_to = :question
            DIVERGED  | not what request 1        | update chat.message set content = left(content, -1) where reply_to = :question
            DIVERGED  | of a request that was nev | update chat.message set content = replace(content, '#1 ', '#2 ') where reply_to = :question
            DIVERGED  | never said                | update chat.message set content = 'said by nobody' where reply_to = :question
            DIVERGED  | not whole                 | update chat.message set content = '#1' where reply_to = :question
            DIVERGED  | empty and completed       | update chat.message set content = '' where reply_to = :question
            DIVERGED  | replies to another        | update chat.message set reply_to = :first where reply_to = :question
            DIVERGED  | status of                 | update chat.message set status = 'failed' where reply_to = :question
            DIVERGED  | too many attempts         | update chat.generation set attempt = 4
            LEFT OVER | a generation              | update chat.generation set state = 'queued', finished_at = null
            LEFT OVER | 1 chunks                  | insert into chat.chunk (message_id, fence, start_at, text) values (:question, 1, 0, 'left')
            """)
    void each_kind_of_damage_is_found(String kind, String said, String damage) throws SQLException {
        try {
            // what the schema itself makes impossible has to be found too: nobody checks the checker with it
            jdbc.sql("set local session_replication_role = replica").update();
            unguarded().forEach(constraint -> jdbc.sql(constraint).update());
            var changed = jdbc.sql(damage)
                    .param("first", first.id)
                    .param("edited", edited.id)
                    .param("deleted", deleted.id)
                    .param("question", question.id)
                    .update();
            assertThat(changed).as("rows damaged").isPositive();
            assertThat(checker().findings()).anyMatch(one -> one.startsWith(kind + " ") && one.contains(said));
        } finally {
            connection.getConnection().rollback();
        }
    }

    private static List<String> unguarded() {
        return jdbc.sql("""
                select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname)
                from pg_constraint
                where conrelid in ('chat.message'::regclass, 'chat.generation'::regclass) and contype in ('u', 'c')""").query(String.class).list();
    }

    @Test
    void a_browser_that_holds_something_else_has_diverged() {
        var checker = checker();
        var truth = jdbc.sql(
                        "select id, seq, status, coalesce(text_fence, 0) as fence, content, deleted_at is not null as deleted from chat.message")
                .query((row, n) -> new Stored(
                        row.getObject("id", UUID.class),
                        row.getLong("seq"),
                        row.getString("status"),
                        row.getLong("fence"),
                        row.getString("content"),
                        new JsonMapper().valueToTree(Map.of("deleted", row.getBoolean("deleted")))))
                .list();
        assertThat(checker.difference(held(truth), room)).isEmpty();
        assertThat(checker.difference(held(truth.subList(1, truth.size())), room))
                .singleElement()
                .asString()
                .startsWith("hasn't");
        var one = truth.getFirst();
        for (var other : List.of(
                new Stored(one.id(), one.seq() + 1, one.status(), one.fence(), one.text(), one.json()),
                new Stored(one.id(), one.seq(), "failed", one.fence(), one.text(), one.json()),
                new Stored(one.id(), one.seq(), one.status(), one.fence(), one.text() + "!", one.json()))) {
            var holding = held(truth);
            holding.put(one.id(), other);
            assertThat(checker.difference(holding, room))
                    .singleElement()
                    .asString()
                    .startsWith("has ");
        }
        var more = held(truth);
        var unknown = UUID.randomUUID();
        more.put(unknown, one);
        assertThat(checker.difference(more, room)).containsExactly("has " + unknown + ", which the database hasn't");
    }

    private static Map<UUID, Stored> held(List<Stored> messages) {
        var held = new java.util.HashMap<UUID, Stored>();
        messages.forEach(message -> held.put(message.id(), message));
        return held;
    }

    @Test
    void what_people_saw_go_wrong_is_reported() {
        var seen = new History();
        seen.violation("person-1 was signed out");
        assertThat(new Checker(jdbc, models.served(), seen).findings())
                .containsExactly("VIOLATION person-1 was signed out");
    }
}
