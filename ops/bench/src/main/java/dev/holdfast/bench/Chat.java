package dev.holdfast.bench;

import dev.holdfast.bench.Server.Database;
import dev.holdfast.bench.Sql.Of;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A Holdfast database with people, channels and one agent, @ada, and the calls a worker makes, as a worker makes them. */
record Chat(Database database, long worker) {

    /** A claimed generation. */
    record Claimed(long id, UUID message, long fence) {}

    static Chat with(int channels) {
        return in(Server.holdfast(), channels);
    }

    static Chat in(Database database, int channels) {
        var jdbc = database.jdbc();
        jdbc.sql(
                        "insert into chat.account (handle, display_name, kind) values ('mira', 'Mira', 'human'), ('ada', 'Ada', 'agent')")
                .update();
        jdbc.sql(
                        "insert into chat.agent (account_id, provider, model) select id, 'openai', 'bench' from chat.account where handle = 'ada'")
                .update();
        jdbc.sql("insert into chat.channel (name) select 'room-' || n from generate_series(1, ?) n")
                .param(channels)
                .update();
        jdbc.sql(
                        "insert into chat.membership (channel_id, account_id) select c.id, a.id from chat.channel c, chat.account a on conflict do nothing")
                .update();
        return new Chat(
                database,
                jdbc.sql("select chat.register_worker('bench', 256)")
                        .query(Long.class)
                        .single());
    }

    /** Messages that mention @ada, spread over the channels, and so as many queued generations. */
    void ask(int messages) throws SQLException {
        try (var connection = database.dataSource().getConnection()) {
            Sql.run(connection, """
                insert into chat.message (channel_id, author_id, content)
                select c.id, a.id, 'What is new, @ada?'
                from generate_series(1, ?) n
                join (select id, row_number() over (order by id) - 1 as place, count(*) over () as channels from chat.channel) c
                  on c.place = n % c.channels
                join chat.account a on a.handle = 'mira'
                """, messages);
        }
    }

    void analyze() {
        for (String table : List.of("message", "generation", "chunk", "mention", "channel")) {
            database.jdbc().sql("vacuum analyze chat." + table).update();
        }
    }

    List<Claimed> claim(Connection connection, int most) throws SQLException {
        return Sql.query(
                connection,
                "select generation_id, message_id, fence from chat.claim(?, ?, ?::interval)",
                row -> new Claimed(row.getLong(1), row.getObject(2, UUID.class), row.getLong(3)),
                worker,
                most,
                "PT60S");
    }

    /** Another worker of the same database. */
    Chat another() {
        return new Chat(
                database,
                database.jdbc()
                        .sql("select chat.register_worker('bench', 256)")
                        .query(Long.class)
                        .single());
    }

    /** @return those whose channel somebody held, for another call */
    static List<Claimed> show(Connection connection, String status, List<Claimed> replies) throws SQLException {
        var shown = new HashSet<>(Sql.query(
                connection,
                "select message_id from chat.start_" + status + "(?::text::uuid[], ?::text::bigint[])",
                row -> row.getObject(1, UUID.class),
                messages(replies),
                fences(replies)));
        return replies.stream()
                .filter(reply -> !shown.contains(reply.message()))
                .toList();
    }

    /** Appends a chunk to each of the replies; they have this many units already, in chunks of that length. */
    void append(Connection connection, List<Claimed> replies, int start, int previous, List<String> texts)
            throws SQLException {
        int count = replies.size();
        var refused = Sql.query(
                connection,
                "select reason from chat.append_chunks(?, ?::text::uuid[], ?::text::bigint[], ?::text::integer[], ?::text::integer[], ?::text::text[])",
                row -> row.getString(1),
                worker,
                messages(replies),
                fences(replies),
                new Of(same(count, previous < 0 ? null : previous)),
                new Of(same(count, start)),
                new Of(texts.toArray()));
        if (!refused.isEmpty()) throw new IllegalStateException("chunks were refused: " + refused);
    }

    /** @return those whose channel somebody held, for another call */
    List<Claimed> complete(Connection connection, List<Claimed> replies, List<String> contents) throws SQLException {
        var folded = new HashSet<>(Sql.query(
                connection,
                "select message_id from chat.complete(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[], ?::text::integer[], ?::text::integer[])",
                row -> row.getObject(1, UUID.class),
                worker,
                messages(replies),
                fences(replies),
                new Of(contents.toArray()),
                new Of(same(replies.size(), 10)),
                new Of(same(replies.size(), 100))));
        return replies.stream()
                .filter(reply -> !folded.contains(reply.message()))
                .toList();
    }

    static Of messages(List<Claimed> replies) {
        return new Of(replies.stream().map(Claimed::message).toArray());
    }

    static Of fences(List<Claimed> replies) {
        return new Of(replies.stream().map(Claimed::fence).toArray());
    }

    private static @Nullable Object[] same(int count, @Nullable Integer value) {
        return Collections.nCopies(count, value).toArray();
    }
}
