package dev.holdfast.feed;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;

/** Re-reads channels from where they have been sent to. */
final class Changes {

    private final JdbcTemplate jdbc;

    Changes(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    private static final String SINCE = """
            select channel_id, after, seq, messages_json, text_json, marks
            from chat.channel_changes(?, ?, ?, ?, ?)
            """;

    /** One select, however many channels and browsers there are. */
    List<Change> since(List<ChannelFeed.Cursor> cursors) {
        return jdbc.execute((Connection connection) -> {
            var arrays = new ArrayList<Array>(5);
            try (var statement = connection.prepareStatement(SINCE)) {
                for (var array : arrays(connection, cursors, arrays)) statement.setArray(arrays.indexOf(array) + 1, array);
                try (var rows = statement.executeQuery()) {
                    var changes = new ArrayList<Change>(cursors.size());
                    while (rows.next()) changes.add(change(rows));
                    return changes;
                }
            } finally {
                // the driver's arrays hold memory outside the heap until they are freed
                for (var array : arrays) array.free();
            }
        });
    }

    private static List<Array> arrays(Connection connection, List<ChannelFeed.Cursor> cursors, List<Array> made)
            throws SQLException {
        var running = cursors.stream().flatMap(cursor -> cursor.running().stream()).toList();
        made.add(connection.createArrayOf("uuid", cursors.stream().map(ChannelFeed.Cursor::channel).toArray()));
        made.add(connection.createArrayOf("int8", cursors.stream().map(ChannelFeed.Cursor::seq).toArray()));
        made.add(connection.createArrayOf("uuid", running.stream().map(Running::message).toArray()));
        made.add(connection.createArrayOf("int8", running.stream().map(Running::fence).toArray()));
        made.add(connection.createArrayOf("int4", running.stream().map(Running::start).toArray()));
        return made;
    }

    private static Change change(ResultSet row) throws SQLException {
        return new Change(
                row.getObject("channel_id", UUID.class),
                row.getLong("after"),
                row.getLong("seq"),
                row.getString("messages_json"),
                row.getString("text_json"),
                grown(row.getString("marks")));
    }

    // a line "message fence last_start" for each reply with new text
    private static List<Running> grown(String marks) {
        return marks.lines()
                .map(line -> line.split(" "))
                .map(mark -> new Running(UUID.fromString(mark[0]), Long.parseLong(mark[1]), Integer.parseInt(mark[2])))
                .toList();
    }
}
