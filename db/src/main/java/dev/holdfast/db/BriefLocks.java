package dev.holdfast.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogFactory;

/**
 * Migrations of a database that is in use. Whoever writes queues behind a migration that waits for a table's lock, and it
 * waits for as long as somebody leaves a transaction open. So it waits briefly, lets everybody pass, and tries again.
 */
final class BriefLocks {

    // Flyway's own: this module has no other
    private static final Log log = LogFactory.getLog(BriefLocks.class);

    /** A lock that was not to be had in time, and the end of a deadlock with somebody who writes. */
    private static final Set<String> REFUSALS = Set.of("55P03", "40P01");

    /** Less than another start waits for its turn. */
    static final Duration PATIENCE = Duration.ofSeconds(50);

    /**
     * Half of what a post waits (1 s), so that none fails. Longer only where a vacuum is under way: PostgreSQL ends its own
     * for whoever has waited for deadlock_timeout, which an ordinary owner may not lower; else a large table's takes hours.
     */
    static final String WAIT = """
            select set_config('lock_timeout', case when exists (
                select from pg_locks l
                join pg_class c on c.oid = l.relation
                where l.database = (select oid from pg_database where datname = current_database())
                  and c.relnamespace = to_regnamespace('chat') and l.mode = 'ShareUpdateExclusiveLock' and l.granted)
              then (select setting::integer + 300 from pg_settings where name = 'deadlock_timeout')
              else 500 end::text, false)
            """;

    /**
     * The longest at it first, and nobody who has come since. Whoever only reads is in the way of a table's columns and of a
     * view, not of triggers. Of other people's connections an ordinary owner sees little more than the pid.
     */
    private static final String HOLDERS = """
            select coalesce(string_agg(holder, ' and ' order by since), 'somebody who cannot be seen now')
            from (
              select coalesce(a.xact_start, p.prepared) as since, format('%%s (%%s)',
                case when p.gid is null then 'pid ' || l.pid else format('the prepared transaction %%L', p.gid) end,
                concat_ws('; ', a.usename, p.owner, coalesce(nullif(a.application_name, ''), a.backend_type),
                  'since ' || date_trunc('second', coalesce(a.xact_start, p.prepared)),
                  string_agg(distinct l.relation::regclass::text, ', '),
                  'last: ' || left(regexp_replace(a.query, '\\s+', ' ', 'g'), 100))) as holder
              from pg_locks l
              join pg_class c on c.oid = l.relation
              left join pg_stat_activity a on a.pid = l.pid
              left join pg_locks own on l.pid is null and own.pid is null
                and own.locktype = 'transactionid' and own.virtualtransaction = l.virtualtransaction
              left join pg_prepared_xacts p on p.transaction = own.transactionid
              where l.database = (select oid from pg_database where datname = current_database())
                and c.relnamespace in (to_regnamespace('chat'), to_regnamespace('ops')) and c.relkind in ('r', 'v') and l.granted
                and (%s or c.relkind = 'v' or l.mode not in ('AccessShareLock', 'RowShareLock'))
                and coalesce(a.xact_start < now() - interval '500 milliseconds', true)
              group by l.pid, p.gid, p.owner, p.prepared, a.usename, a.application_name, a.backend_type, a.xact_start, a.query
            ) held
            """;

    private BriefLocks() {}

    /**
     * Each file is a transaction: those that are done stay done, and one that was refused its lock has left nothing.
     *
     * @param turn the connection that keeps other starts away; its end would end the tries too
     */
    static void migrate(Flyway flyway, Connection turn, Duration patience) throws SQLException {
        var end = System.nanoTime() + patience.toNanos();
        for (var told = false; ; told = true) {
            try {
                flyway.migrate();
                return;
            } catch (FlywayException e) {
                if (!isRefusedLock(e)) throw e;
                var refusal = refusal(flyway, turn);
                if (System.nanoTime() > end) throw new FlywayException(refusal + "; then start again", e);
                if (!told) log.warn("The start goes on trying for " + patience.toSeconds() + " s: " + refusal);
            }
            ask(turn, "select pg_sleep(1)::text");
        }
    }

    private static boolean isRefusedLock(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) return REFUSALS.contains(sql.getSQLState());
        }
        return false;
    }

    private static String refusal(Flyway flyway, Connection turn) throws SQLException {
        var next = Arrays.stream(flyway.info().pending()).findFirst();
        var script = next.map(MigrationInfo::getScript).orElse("a migration");
        var holders =
                ask(turn, HOLDERS.formatted(next.map(MigrationInfo::isVersioned).orElse(true)));
        return script + " waits for a table that is held by " + holders
                + ". Commit or roll back there, or end it with select pg_terminate_backend(pid) or rollback prepared";
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
