package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres.TestDatabase;
import java.util.Collection;
import java.util.UUID;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A database with #general, the people mira and tom, and the agent ada in it. At its close what must always hold is checked. */
final class Chat implements AutoCloseable {

    private final TestDatabase database = TestPostgres.create();
    private final HikariDataSource pool = database.pool(40);
    final JdbcClient jdbc = JdbcClient.create(pool);

    Chat() {
        channel("general");
        person("mira");
        person("tom");
        agent("ada");
    }

    TestDatabase database() {
        return database;
    }

    HikariDataSource pool() {
        return pool;
    }

    void channel(String name) {
        jdbc.sql("insert into chat.channel (name) values (?)").param(name).update();
        jdbc.sql(
                        "insert into chat.membership (channel_id, account_id) select c.id, a.id from chat.channel c, chat.account a where c.name = ?")
                .param(name)
                .update();
    }

    void person(String handle) {
        account(handle, "human");
    }

    void agent(String handle) {
        account(handle, "agent");
        jdbc.sql(
                        "insert into chat.agent (account_id, provider, model) select id, 'guide', 'guide' from chat.account where handle = ?")
                .param(handle)
                .update();
    }

    private void account(String handle, String kind) {
        jdbc.sql("insert into chat.account (handle, display_name, kind) values (?, ?, ?)")
                .params(handle, handle, kind)
                .update();
        jdbc.sql(
                        "insert into chat.membership (channel_id, account_id) select c.id, a.id from chat.channel c, chat.account a where a.handle = ?")
                .param(handle)
                .update();
    }

    UUID account(String handle) {
        return one(UUID.class, "select id from chat.account where handle = ?", handle);
    }

    UUID channelId(String name) {
        return one(UUID.class, "select id from chat.channel where name = ?", name);
    }

    UUID post(String handle, String content) {
        return postIn("general", handle, content);
    }

    UUID postIn(String channel, String handle, String content) {
        return one(UUID.class, "select chat.post(?, ?, ?)", channel, handle, content);
    }

    /** The reply that an agent owes to a message. */
    UUID replyTo(UUID asked, String agent) {
        return one(
                UUID.class,
                "select message_id from chat.generation g join chat.account a on a.id = g.agent_id where asked_by_message = ? and a.handle = ?",
                asked,
                agent);
    }

    Worker worker(String name) {
        return new Worker(this, one(Long.class, "select chat.register_worker(?, 256)", name));
    }

    /** A person asks ada and a worker has claimed the reply. */
    Worker.Claim claimed(Worker worker) {
        post("mira", "@ada?");
        return worker.claimOne();
    }

    String status(UUID message) {
        return one(String.class, "select status from chat.message where id = ?", message);
    }

    String content(UUID message) {
        return one(String.class, "select content from chat.message where id = ?", message);
    }

    String state(UUID reply) {
        return one(String.class, "select state from chat.generation where message_id = ?", reply);
    }

    long count(String from) {
        return one(Long.class, "select count(*) from " + from);
    }

    <T> T one(Class<T> type, String sql, Object... params) {
        return jdbc.sql(sql).params(params).query(type).single();
    }

    void run(String sql, Object... params) {
        jdbc.sql(sql).params(params).update();
    }

    /** A Postgres array literal; the statement casts it. */
    static String array(Collection<?> values) {
        return values.stream()
                .map(v -> v == null
                        ? "null"
                        : '"' + v.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }

    /** What must hold after whatever has happened. */
    void checkInvariants() {
        assertThat(jdbc.sql(Invariants.SQL).query(String.class).list())
                .as("broken invariants")
                .isEmpty();
    }

    @Override
    public void close() {
        try {
            checkInvariants();
        } finally {
            pool.close();
        }
    }
}
