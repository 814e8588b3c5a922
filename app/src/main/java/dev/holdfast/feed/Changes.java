package dev.holdfast.feed;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.holdfast.feed.Wakeups.ReadOn;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** Re-reads channels from where they have been sent to. */
final class Changes {

    private final JdbcTemplate jdbc;

    Changes(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    // arrays as text: five of the driver's own arrays cost it more than the rest of the call; offset 0: asked once, not
    // for each channel
    private static final String SINCE = """
            select i.incarnation, c.channel_id, c.after, c.seq, c.messages_json, c.text_json, c.marks, c.last_changed
            from (select chat.incarnation() as incarnation offset 0) i
            left join chat.channel_changes(?::text::uuid[], ?::text::bigint[], ?::text::uuid[], ?::text::bigint[], ?::text::integer[]) c
              on true
            """;

    /** incarnation: which database it was that said so (chat.incarnation). */
    record Read(String incarnation, List<Change> changes) {}

    /** One select, however many channels and browsers there are. */
    Read since(List<ChannelFeed.Cursor> cursors) {
        var running =
                cursors.stream().flatMap(cursor -> cursor.running().stream()).toList();
        return requireNonNull(jdbc.query(
                SINCE,
                Changes::read,
                array(cursors, ChannelFeed.Cursor::channel),
                array(cursors, ChannelFeed.Cursor::seq),
                array(running, Running::message),
                array(running, Running::fence),
                array(running, Running::start)));
    }

    private static final String READINGS = """
            select m.account_id, m.channel_id, m.last_read_seq, json_build_object('channel', m.channel_id, 'seq', c.seq,
              'lastReadSeq', m.last_read_seq, 'unread', chat.unread(m))::text as read
            from unnest(?::text::uuid[], ?::text::uuid[]) as r(account_id, channel_id)
            join chat.membership m on m.account_id = r.account_id and m.channel_id = r.channel_id
            join chat.channel c on c.id = m.channel_id
            """;

    /** Is told up to where an account has read a channel, and the event's JSON. */
    interface Told {
        void read(ReadOn reading, long lastReadSeq, String json);
    }

    /** How far the channels have been read now. */
    void readings(Collection<ReadOn> readings, Told to) {
        jdbc.query(
                READINGS,
                row -> {
                    var reading = new ReadOn(
                            row.getObject("account_id", UUID.class), row.getObject("channel_id", UUID.class));
                    to.read(reading, row.getLong("last_read_seq"), row.getString("read"));
                },
                array(readings, ReadOn::account),
                array(readings, ReadOn::channel));
    }

    private static Read read(ResultSet rows) throws SQLException {
        var incarnation = "";
        var changes = new ArrayList<Change>();
        while (rows.next()) {
            incarnation = rows.getString("incarnation");
            if (rows.getObject("channel_id") != null) changes.add(change(rows));
        }
        return new Read(incarnation, changes);
    }

    static <T> String array(Collection<T> items, Function<T, @Nullable Object> element) {
        return items.stream().map(item -> String.valueOf(element.apply(item))).collect(joining(",", "{", "}"));
    }

    private static Change change(ResultSet row) throws SQLException {
        return new Change(
                row.getObject("channel_id", UUID.class),
                row.getLong("after"),
                row.getLong("seq"),
                row.getString("messages_json"),
                row.getString("text_json"),
                grown(row.getString("marks")),
                row.getObject("last_changed", UUID.class));
    }

    // a line "message fence last_start" for each reply with new text
    private static List<Running> grown(String marks) {
        return marks.lines()
                .map(line -> line.split(" "))
                .map(mark -> new Running(UUID.fromString(mark[0]), Long.parseLong(mark[1]), Integer.parseInt(mark[2])))
                .toList();
    }
}
