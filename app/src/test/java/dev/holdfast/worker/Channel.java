package dev.holdfast.worker;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A channel with a person and agents, written and read with SQL, as any SQL writer could. */
final class Channel {
    final JdbcClient jdbc;

    Channel(TestDatabase database) {
        var config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(3);
        config.setMinimumIdle(0);
        config.setIdleTimeout(10_000);
        jdbc = JdbcClient.create(new HikariDataSource(config));
        jdbc.sql("insert into chat.channel (name) values ('general') on conflict do nothing")
                .update();
        person("mira");
    }

    void person(String handle) {
        UUID id = jdbc.sql("insert into chat.account (handle, display_name) values (?, initcap(?)) returning id")
                .params(handle, handle)
                .query(UUID.class)
                .single();
        jdbc.sql(
                        "insert into chat.membership (channel_id, account_id) select id, ? from chat.channel where name = 'general'")
                .param(id)
                .update();
    }

    void agent(String handle, String provider, String model) {
        jdbc.sql("""
                        with a as (insert into chat.account (handle, display_name, kind) values (?, initcap(?), 'agent') returning id)
                        insert into chat.agent (account_id, provider, model) select id, ?, ? from a
                        """).params(handle, handle, provider, model).update();
    }

    void set(String handle, String assignment) {
        jdbc.sql("update chat.agent g set " + assignment
                        + " from chat.account a where a.id = g.account_id and a.handle = ?")
                .param(handle)
                .update();
    }

    /** @return the message's id */
    UUID post(String handle, String content) {
        return jdbc.sql("select chat.post('general', ?, ?)")
                .params(handle, content)
                .query(UUID.class)
                .single();
    }

    UUID ask(String content) {
        return post("mira", content);
    }

    void delete(UUID message, String who) {
        jdbc.sql("select chat.delete_message(?, id)::text from chat.account where handle = ?")
                .params(message, who)
                .query(String.class)
                .single();
    }

    void stop(UUID asking, String who) {
        door("stop", asking, who);
    }

    void retry(UUID asking, String who) {
        door("retry", asking, who);
    }

    private void door(String function, UUID asking, String who) {
        jdbc.sql(
                        "select chat." + function
                                + "(g.message_id, a.id)::text from chat.generation g, chat.account a where g.asked_by_message = ? and a.handle = ?")
                .params(asking, who)
                .query(String.class)
                .single();
    }

    /** The generation that a message asked for, with its reply: a column each. */
    Map<String, Object> reply(UUID asking) {
        List<Map<String, Object>> rows = jdbc.sql("""
                        select g.id, g.message_id, g.state, g.attempt, g.fence, g.error, g.error_code, g.input_tokens, g.output_tokens,
                          cardinality(g.context_ids) as context, m.status, m.content, m.text_fence, m.seq,
                          extract(epoch from g.run_at - (g.history -> -1 ->> 'endedAt')::timestamptz)::double precision as waits,
                          coalesce((select string_agg(c.text, '' order by c.start_at) from chat.chunk c where c.message_id = m.id), '') as streamed,
                          (select count(*) from chat.chunk c where c.message_id = m.id) as chunks
                        from chat.generation g
                        join chat.message m on m.id = g.message_id
                        where g.asked_by_message = ?
                        """).param(asking).query().listOfRows();
        return rows.isEmpty() ? Map.of() : rows.getFirst();
    }

    /** Waits until the reply is in this state; fails after a while saying how it is instead. */
    Map<String, Object> await(UUID asking, String state, Duration most) {
        long until = System.nanoTime() + most.toNanos();
        while (true) {
            Map<String, Object> reply = reply(asking);
            if (state.equals(reply.get("state"))) return reply;
            if (System.nanoTime() > until) throw new AssertionError("not " + state + " within " + most + ": " + reply);
            pause();
        }
    }

    Map<String, Object> await(UUID asking, String state) {
        return await(asking, state, Duration.ofSeconds(40));
    }

    /** Waits for the first text in the rows. */
    Map<String, Object> awaitText(UUID asking) {
        long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            Map<String, Object> reply = reply(asking);
            if (!"".equals(reply.getOrDefault("streamed", ""))) return reply;
            if ("completed".equals(reply.get("state"))) return reply; // a busy machine may not look in between
            if (System.nanoTime() > until) throw new AssertionError("no text within 30 s: " + reply);
            pause();
        }
    }

    /** Waits until so much of a reply was written. @return how many chunks there are */
    long awaitChunks(UUID asking, long least) {
        for (long until = System.nanoTime() + Duration.ofSeconds(30).toNanos(); ; pause()) {
            long chunks = (long) reply(asking).get("chunks");
            if (chunks >= least) return chunks;
            if (System.nanoTime() > until) throw new AssertionError("not " + least + " within 30 s: " + chunks);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
