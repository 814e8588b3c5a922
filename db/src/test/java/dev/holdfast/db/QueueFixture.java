package dev.holdfast.db;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres.TestDatabase;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A room with two people and two agents, a worker, and the steps that bring a generation into any state. */
final class QueueFixture implements AutoCloseable {

    final TestDatabase database = TestPostgres.create();
    private final HikariDataSource pool = database.pool(3);
    final JdbcClient jdbc = JdbcClient.create(pool);
    final long worker;

    QueueFixture() {
        jdbc.sql("""
                with people as (
                  insert into chat.account (handle, display_name, kind, role)
                  values ('mira', 'Mira', 'human', 'administrator'), ('noor', 'Noor', 'human', 'member'),
                    ('ada', 'Ada', 'agent', 'member'), ('bob', 'Bob', 'agent', 'member') returning id, handle, kind
                ), rooms as (insert into chat.channel (name) values ('general'), ('lab') returning id
                ), members as (
                  insert into chat.membership (channel_id, account_id) select rooms.id, people.id from rooms, people
                )
                insert into chat.agent (account_id, provider, model) select id, 'guide', 'guide' from people where kind = 'agent'
                """).update();
        worker = registerWorker("web-1");
    }

    long registerWorker(String name) {
        return jdbc.sql("select chat.register_worker(?, 8)")
                .param(name)
                .query(Long.class)
                .single();
    }

    /** Posts as mira and returns the generation that this makes. */
    long ask(String channel, String text) {
        return ask(channel, "mira", text);
    }

    long ask(String channel, String person, String text) {
        UUID message = jdbc.sql("select chat.post(?, ?, ?)")
                .params(channel, person, text)
                .query(UUID.class)
                .single();
        return jdbc.sql("select id from chat.generation where asked_by_message = ?")
                .param(message)
                .query(Long.class)
                .single();
    }

    /** Mentions @ada so many times in one statement. */
    void askOften(int times) {
        jdbc.sql("""
                insert into chat.message (channel_id, author_id, content)
                select c.id, a.id, '@ada number ' || n
                from chat.channel c, chat.account a, generate_series(1, ?) n
                where c.name = 'general' and a.handle = 'mira'
                """).param(times).update();
    }

    /** Claims all that is queued and may run. */
    List<Long> claim() {
        return jdbc.sql("select generation_id from chat.claim(?, 100000, '1 minute'::interval)")
                .param(worker)
                .query(Long.class)
                .list();
    }

    void failEveryRunning(String error) {
        jdbc.sql("""
                select chat.fail(g.worker_id, g.message_id, g.fence, ?, 'bad_key', null, null, true)
                from chat.generation g where g.state = 'running'
                """).param(error).query(String.class).list();
    }

    long failed(String text) {
        long id = ask("general", text);
        claim();
        failEveryRunning("The provider refused the key.");
        return id;
    }

    long completed(String text) {
        long id = ask("general", text);
        claim();
        jdbc.sql("""
                select c.held from chat.generation g,
                  chat.complete(g.worker_id, array[g.message_id], array[g.fence], array['done'], array[10], array[20]) c
                where g.id = ?
                """).param(id).query(Boolean.class).single();
        return id;
    }

    /** As if what has begun or finished had done so earlier. */
    void passSeconds(int seconds) {
        jdbc.sql("""
                update chat.generation
                set claimed_at = claimed_at - make_interval(secs => :seconds), first_token_at = first_token_at - make_interval(secs => :seconds),
                  finished_at = finished_at - make_interval(secs => :seconds)
                """).param("seconds", seconds).update();
    }

    String state(long generation) {
        return jdbc.sql("select state from chat.generation where id = ?")
                .param(generation)
                .query(String.class)
                .single();
    }

    Map<String, Object> row(String sql, Object... params) {
        return jdbc.sql(sql).params(params).query().singleRow();
    }

    List<Map<String, Object>> rows(String sql, Object... params) {
        return jdbc.sql(sql).params(params).query().listOfRows();
    }

    List<String> texts(String sql, Object... params) {
        return jdbc.sql(sql).params(params).query(String.class).list();
    }

    @Override
    public void close() {
        pool.close();
    }
}
