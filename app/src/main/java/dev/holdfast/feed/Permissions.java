package dev.holdfast.feed;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;

/** Who may read what on the feed, as the database has it now. */
final class Permissions {

    private final JdbcTemplate jdbc;

    Permissions(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    private static final String MEMBERSHIPS = """
            select account_id, channel_id, seq, last_changed, last_read_seq from chat.channels_of(?::text::uuid[])
            """;

    /** The channels of these accounts; none for accounts that are disabled or gone. */
    List<Membership> memberships(Collection<UUID> accounts) {
        return jdbc.query(
                MEMBERSHIPS,
                (row, number) -> new Membership(
                        row.getObject("account_id", UUID.class),
                        row.getObject("channel_id", UUID.class),
                        row.getLong("seq"),
                        row.getObject("last_changed", UUID.class),
                        row.getLong("last_read_seq")),
                Changes.array(accounts, id -> id));
    }

    // principal_name is the account's id; a session goes on as long as its account is not disabled
    private static final String LIVE_SESSIONS = """
            select s.session_id
            from chat.session s
            join chat.account a on a.id = s.principal_name::uuid
            where s.session_id = any(?::text::bpchar[])
              and s.expiry_time > extract(epoch from clock_timestamp()) * 1000
              and a.disabled_at is null
            """;

    /** Those of the given sessions that may go on. */
    Set<String> liveSessions(Collection<String> sessions) {
        return new HashSet<>(jdbc.query(
                LIVE_SESSIONS, (row, number) -> row.getString(1).strip(), Changes.array(sessions, id -> id)));
    }

    private static final String QUEUE_USAGE = "select pg_notification_queue_usage()";

    /** How full the server's queue of notifications is, 0 to 1; a listener that hangs in a transaction fills it. */
    double notificationQueueUsage() {
        return Objects.requireNonNull(jdbc.queryForObject(QUEUE_USAGE, Double.class));
    }
}
