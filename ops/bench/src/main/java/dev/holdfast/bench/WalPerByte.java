package dev.holdfast.bench;

import dev.holdfast.bench.Server.Database;
import dev.holdfast.bench.Sql.Of;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Goal 4: bytes of WAL for each byte streamed in flushes of 80, live and with fold and cleaning up, against a logical
 * message of the same bytes (the least that can be logged) and an UPDATE of the whole text. One reply a flush, as when
 * somebody is alone, so every flush and every fold pays its commit; and a hundred. The last piece is never a chunk: with
 * it comes the end, and the flusher folds what has ended.
 */
final class WalPerByte implements Benchmark {

    private static final int FLUSH = 80;
    private static final String LIVE = "bytes of WAL per byte, live";
    private static final String ALL = "bytes of WAL per byte";

    @Override
    public String name() {
        return "4";
    }

    @Override
    public String title() {
        return "WAL per streamed byte at 80-byte flushes";
    }

    @Override
    public void run(Report report) throws Exception {
        int replies = Rounds.quick() ? 40 : 100;
        try (Database searched = Server.holdfast();
                Database plain = Server.holdfast();
                Database naive = Server.empty();
                var ignored = withoutAutovacuum(naive)) {
            plain.jdbc().sql("drop index chat.message_words").update();
            var chat = Chat.in(plain, 20);
            var withSearch = Chat.in(searched, 20);
            naive.jdbc()
                    .sql("create table message (id uuid primary key, content text not null)")
                    .update();
            Rounds.interleave(
                    report,
                    new Side("logical message, 8 kB", () -> logical(naive, replies / 2, 1, 8_000)),
                    new Side("holdfast, 8 kB", () -> holdfast(chat, replies / 2, 1, 8_000)),
                    new Side("holdfast and its search index, 8 kB", () -> holdfast(withSearch, replies / 2, 1, 8_000)),
                    new Side("update of the text, 8 kB", () -> update(naive, replies / 2, 1, 8_000)),
                    new Side("logical message, 32 kB", () -> logical(naive, replies / 8, 1, 32_000)),
                    new Side("holdfast, 32 kB", () -> holdfast(chat, replies / 8, 1, 32_000)),
                    new Side("update of the text, 32 kB", () -> update(naive, replies / 8, 1, 32_000)),
                    new Side("logical message, 100 a flush", () -> logical(naive, replies, replies, 8_000)),
                    new Side("holdfast, 100 a flush", () -> holdfast(chat, replies, replies, 8_000)),
                    new Side("update of the text, 100 a flush", () -> update(naive, replies, replies, 8_000)));
        }
        judge(report, "holdfast", "8 kB", 7);
        judge(report, "holdfast", "32 kB", 20);
        judge(report, "holdfast", "100 a flush", 7);
        judge(report, "holdfast and its search index", "8 kB", 7);
    }

    /** The WAL is the whole server's, and the cleaning up is a part of what is measured: nobody else does any meanwhile. */
    private static AutoCloseable withoutAutovacuum(Database database) {
        autovacuum(database, "alter system set autovacuum = off");
        return () -> autovacuum(database, "alter system reset autovacuum");
    }

    private static void autovacuum(Database database, String change) {
        database.jdbc().sql(change).update();
        database.jdbc().sql("select pg_reload_conf()").query(Boolean.class).single();
    }

    private static void judge(Report report, String side, String size, double overUpdate) {
        var floor = report.of("logical message, " + size, ALL);
        var update = report.of("update of the text, " + size, ALL);
        var live = report.of(side + ", " + size, LIVE);
        var all = report.of(side + ", " + size, ALL);
        report.atMost(1.6, side + " live over a logical message, " + size, live.over(floor));
        report.atMost(2.2, side + " with fold and cleaning up over a logical message, " + size, all.over(floor));
        report.atLeast(overUpdate, "UPDATE over " + side + " live, " + size, update.over(live));
        report.atLeast(overUpdate, "UPDATE over " + side + " with fold and cleaning up, " + size, update.over(all));
    }

    private static Map<String, Double> logical(Database database, int replies, int together, int length)
            throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            long before = position(connection);
            for (int first = 0; first < replies; first += together) {
                var texts = texts(first, together, length);
                for (int start = 0; start < length; start += FLUSH) {
                    Sql.run(
                            connection,
                            "select count(pg_logical_emit_message(true, 'holdfast', text)) from unnest(?::text::text[]) text",
                            new Of((Object[]) slices(texts, start)));
                }
            }
            return Map.of(ALL, (position(connection) - before) / ((double) replies * length));
        }
    }

    private static Map<String, Double> holdfast(Chat chat, int replies, int together, int length) throws SQLException {
        chat.ask(replies);
        double bytes = (double) replies * length;
        try (Connection connection = chat.database().dataSource().getConnection()) {
            var claimed = chat.claim(connection, replies);
            Chat.show(connection, "streaming", claimed);
            long before = position(connection);
            for (int first = 0; first < replies; first += together) {
                var texts = texts(first, together, length);
                var those = claimed.subList(first, first + together);
                for (int start = 0; start < length - FLUSH; start += FLUSH) {
                    chat.append(connection, those, start, start - FLUSH, List.of(slices(texts, start)));
                }
            }
            long live = position(connection);
            for (int first = 0; first < replies; first += together) {
                chat.complete(connection, claimed.subList(first, first + together), texts(first, together, length));
            }
            Sql.run(connection, "vacuum chat.chunk, chat.message");
            double flushed = (double) replies * (length - FLUSH);
            return Map.of(LIVE, (live - before) / flushed, ALL, (position(connection) - before) / bytes);
        }
    }

    private static Map<String, Double> update(Database database, int replies, int together, int length)
            throws SQLException {
        var ids = IntStream.range(0, replies).mapToObj(n -> UUID.randomUUID()).toArray(UUID[]::new);
        try (Connection connection = database.dataSource().getConnection()) {
            Sql.run(connection, "insert into message select id, '' from unnest(?::text::uuid[]) id", new Of((Object[])
                    ids));
            long before = position(connection);
            for (int first = 0; first < replies; first += together) {
                var texts = texts(first, together, length);
                var those = new Of((Object[]) java.util.Arrays.copyOfRange(ids, first, first + together));
                for (int end = FLUSH; end <= length; end += FLUSH) {
                    int upTo = end;
                    var soFar =
                            texts.stream().map(text -> text.substring(0, upTo)).toArray(String[]::new);
                    Sql.run(
                            connection,
                            "update message m set content = i.content from unnest(?::text::uuid[], ?::text::text[]) as i(id, content) where m.id = i.id",
                            those,
                            new Of((Object[]) soFar));
                }
            }
            return Map.of(ALL, (position(connection) - before) / ((double) replies * length));
        }
    }

    private static String[] slices(List<String> texts, int start) {
        return texts.stream().map(text -> text.substring(start, start + FLUSH)).toArray(String[]::new);
    }

    private static List<String> texts(int first, int count, int length) {
        var texts = new ArrayList<String>();
        for (int n = first; n < first + count; n++) {
            texts.add(Prose.ofLength(length, n));
        }
        return texts;
    }

    private static long position(Connection connection) throws SQLException {
        return Sql.query(
                        connection,
                        "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint",
                        row -> row.getLong(1))
                .getFirst();
    }
}
