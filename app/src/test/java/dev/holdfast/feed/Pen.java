package dev.holdfast.feed;

import java.sql.Array;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Writes replies through the worker's SQL, at the pace of the test. */
final class Pen {

    private final JdbcTemplate jdbc;
    private final JdbcClient client;
    private final long worker;

    Pen(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
        client = JdbcClient.create(jdbc);
        worker = client.sql("select chat.register_worker('pen', 8)")
                .query(Long.class)
                .single();
    }

    /** An agent that is a member of the channel. */
    UUID agent(String handle, UUID channel) {
        var id = client.sql("insert into chat.account (handle, display_name, kind) values (?, ?, 'agent') returning id")
                .params(handle, handle)
                .query(UUID.class)
                .single();
        client.sql("insert into chat.agent (account_id, provider, model) values (?, 'openai', 'test')")
                .param(id)
                .update();
        client.sql("insert into chat.membership (channel_id, account_id) values (?, ?)")
                .params(channel, id)
                .update();
        return id;
    }

    /** Takes one queued generation of the channel. */
    Reply claim(UUID channel) {
        return claimAll().stream()
                .filter(reply -> reply.channel.equals(channel))
                .findAny()
                .orElseThrow();
    }

    List<Reply> claimAll() {
        return client.sql("select message_id, fence, channel_id from chat.claim(?, 1000, interval '10 minutes')")
                .param(worker)
                .query((row, number) ->
                        new Reply(row.getObject(1, UUID.class), row.getLong(2), row.getObject(3, UUID.class)))
                .list();
    }

    final class Reply {

        final UUID message;
        final UUID channel;
        private final long fence;
        private final StringBuilder text = new StringBuilder();
        private Integer lastStart;

        Reply(UUID message, long fence, UUID channel) {
            this.message = message;
            this.fence = fence;
            this.channel = channel;
        }

        void startStreaming() {
            call("select * from chat.start_streaming(?, ?)", array("uuid", message), array("int8", fence));
        }

        void write(String piece) {
            call(
                    "select * from chat.append_chunks(" + worker + ", ?, ?, ?, ?, ?)",
                    array("uuid", message),
                    array("int8", fence),
                    array("int4", lastStart),
                    array("int4", text.length()),
                    array("text", piece));
            lastStart = text.length();
            text.append(piece);
        }

        void complete() {
            call(
                    "select * from chat.complete(" + worker + ", ?, ?, ?, ?, ?)",
                    array("uuid", message),
                    array("int8", fence),
                    array("text", text.toString()),
                    array("int4", 1),
                    array("int4", 1));
        }

        /** The attempt fails and the generation is queued again at once. */
        void failAndRetry() {
            client.sql("select chat.fail(?, ?, ?, 'broken', 'test', interval '0', null, false)")
                    .params(worker, message, fence)
                    .query(String.class)
                    .single();
        }

        String text() {
            return text.toString();
        }
    }

    private record Elements(String type, Object... values) {}

    private static Elements array(String type, Object value) {
        return new Elements(type, new Object[] {value});
    }

    private void call(String sql, Elements... parameters) {
        jdbc.execute((Connection connection) -> {
            var arrays = new ArrayList<Array>();
            try (var statement = connection.prepareStatement(sql)) {
                for (var parameter : parameters) {
                    arrays.add(connection.createArrayOf(parameter.type, parameter.values));
                    statement.setArray(arrays.size(), arrays.getLast());
                }
                try (var rows = statement.executeQuery()) {
                    while (rows.next()) {
                        if (sql.contains("append_chunks"))
                            throw new IllegalStateException("not written: " + rows.getString(2));
                    }
                }
                return null;
            } finally {
                for (var array : arrays) array.free();
            }
        });
    }
}
