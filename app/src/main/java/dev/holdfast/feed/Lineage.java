package dev.holdfast.feed;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Whether the database is still the one that browsers have copied from, or one restored from a backup, which may have
 * come past their seqs with other messages. Thread-safe.
 */
final class Lineage {

    private static final Logger log = LoggerFactory.getLogger(Lineage.class);

    private final JdbcTemplate jdbc;
    private volatile @Nullable String name;

    Lineage(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** What hello says; read once, and again when the database was away. */
    String name() {
        var known = name;
        if (known == null) name = known = read();
        return known;
    }

    private static final String FORGOTTEN =
            "select chat.has_forgotten(?::text::uuid[], ?::text::bigint[], ?::text::uuid[])";

    /**
     * To be asked when the database was away.
     *
     * @param seen how far its channels had been read
     * @return whether all that was copied from it is to be thrown away
     */
    boolean broken(List<ChannelFeed.Cursor> seen) {
        var before = name();
        var now = read();
        if (now.equals(before) && forgotten(seen)) now = begin(before);
        name = now;
        if (now.equals(before)) return false;
        log.warn("The database was restored from a backup: all browsers read it anew");
        return true;
    }

    private record Evidence(
            UUID channel, long seq, @Nullable UUID message) {}

    private static Stream<Evidence> evidence(ChannelFeed.Cursor cursor) {
        if (cursor.seen().isEmpty()) return Stream.of(new Evidence(cursor.channel(), cursor.seq(), null));
        return cursor.seen().stream().map(seen -> new Evidence(cursor.channel(), seen.seq(), seen.message()));
    }

    private boolean forgotten(List<ChannelFeed.Cursor> cursors) {
        var all = cursors.stream().flatMap(Lineage::evidence).toList();
        return requireNonNull(jdbc.queryForObject(
                FORGOTTEN,
                Boolean.class,
                Changes.array(all, Evidence::channel),
                Changes.array(all, Evidence::seq),
                Changes.array(all, Evidence::message)));
    }

    private String begin(String known) {
        try {
            return requireNonNull(jdbc.queryForObject("select chat.begin_lineage(?)", String.class, known));
        } catch (DataAccessException e) {
            log.warn("The restored database takes no writes; browsers keep what they have until it does", e);
            return known;
        }
    }

    private String read() {
        return requireNonNull(jdbc.queryForObject("select chat.lineage()", String.class));
    }
}
