package dev.holdfast.feed;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.HashSet;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;

/** Who may read what on the feed, as the database has it now. */
final class Permissions {

    private final JdbcTemplate jdbc;

    Permissions(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    private static final String MEMBERSHIPS = """
            select m.account_id, m.channel_id, c.seq
            from chat.membership m
            join chat.channel c on c.id = m.channel_id
            join chat.account a on a.id = m.account_id
            where m.account_id = any(?)
              and a.disabled_at is null
            """;

    /** The channels of these accounts; none for accounts that are disabled or gone. */
    List<Membership> memberships(Collection<UUID> accounts) {
        return select(MEMBERSHIPS, "uuid", accounts, row -> new Membership(
                row.getObject("account_id", UUID.class), row.getObject("channel_id", UUID.class), row.getLong("seq")));
    }

    // principal_name is the account's id; a session goes on as long as its account is not disabled
    private static final String LIVE_SESSIONS = """
            select s.session_id
            from chat.session s
            join chat.account a on a.id::text = s.principal_name
            where s.session_id = any(?)
              and s.expiry_time > extract(epoch from clock_timestamp()) * 1000
              and a.disabled_at is null
            """;

    /** Those of the given sessions that may go on. */
    Set<String> liveSessions(Collection<String> sessions) {
        return new HashSet<>(select(LIVE_SESSIONS, "bpchar", sessions, row -> row.getString(1).strip()));
    }

    private interface Row<T> {
        T map(ResultSet row) throws SQLException;
    }

    private <T> List<T> select(String sql, String type, Collection<?> values, Row<T> mapper) {
        return jdbc.execute((Connection connection) -> {
            // the driver's arrays hold memory outside the heap until they are freed
            var array = connection.createArrayOf(type, values.toArray());
            try (var statement = connection.prepareStatement(sql)) {
                statement.setArray(1, array);
                try (var rows = statement.executeQuery()) {
                    var found = new ArrayList<T>();
                    while (rows.next()) found.add(mapper.map(rows));
                    return found;
                }
            } finally {
                array.free();
            }
        });
    }

    private static final String QUEUE_USAGE = "select pg_notification_queue_usage()";

    /** How full the server's queue of notifications is, 0 to 1; a listener that hangs in a transaction fills it. */
    double notificationQueueUsage() {
        return jdbc.queryForObject(QUEUE_USAGE, Double.class);
    }
}
