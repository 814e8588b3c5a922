package dev.holdfast.security;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;

/**
 * Writes when a session was last used once a minute instead of with every request, whose other writes would wait for
 * it. When the database takes no writes, people read on: only the time is lost.
 */
final class SeldomTouched implements SessionRepository<SeldomTouched.Held> {

    private static final Logger log = LoggerFactory.getLogger(SeldomTouched.class);
    private static final Pattern WRITTEN = Pattern.compile("[0-9a-f-]{36}");
    private static final Duration SELDOM = Duration.ofMinutes(1);

    private final SessionRepository<Session> rows;
    private final JdbcClient jdbc;

    @SuppressWarnings("unchecked") // of its own sessions, whose class is hidden
    SeldomTouched(JdbcIndexedSessionRepository rows, JdbcClient jdbc) {
        this.jdbc = jdbc;
        this.rows = (SessionRepository<Session>) (SessionRepository<?>) rows;
    }

    @Override
    public Held createSession() {
        return new Held(rows.createSession(), true);
    }

    @Override
    public @Nullable Held findById(String id) {
        return SessionReadOnce.find(id, this::read);
    }

    private @Nullable Held read(String id) {
        // a cookie may hold anything, a NUL too, which the database would refuse
        var found = WRITTEN.matcher(id).matches() ? rows.findById(id) : null;
        return found == null ? null : new Held(found, false);
    }

    @Override
    public void deleteById(String id) {
        SessionReadOnce.forget(id);
        rows.deleteById(id);
    }

    @Override
    public void save(Held held) {
        if (!held.changed && held.session.getLastAccessedTime().isBefore(held.stored.plus(SELDOM))) {
            return;
        }
        try {
            rows.save(held.session);
            if (held.changed) endWithItsPassword(held.session);
        } catch (RuntimeException failure) { // the driver's own, where the connection was cut under it
            if (held.changed) {
                throw failure;
            }
            log.debug("The time at which a session was last used is not written", failure);
        }
        held.changed = false;
        held.stored = held.session.getLastAccessedTime();
    }

    /** Waits for a change under way: that one either finds the session and ends it, or is found here. */
    private static final String END_WITH_ITS_PASSWORD = """
            delete from chat.session s
            where s.session_id = ?
              and not exists (
                select from chat.credential c
                where c.account_id = s.principal_name::uuid
                  and c.changed_at = ?::timestamptz
                for share)
            """;

    /** Whoever chose another password while this sign-in was under way has ended all sessions before this one was stored. */
    private void endWithItsPassword(Session session) {
        var since = session.<String>getAttribute(Sessions.PASSWORD_SINCE);
        if (since == null) return;
        jdbc.sql(END_WITH_ITS_PASSWORD).params(session.getId(), since).update();
    }

    /** A session that knows what of it is stored. */
    static final class Held implements Session {

        private final Session session;
        private boolean changed;
        private Instant stored;

        Held(Session session, boolean changed) {
            this.session = session;
            this.changed = changed;
            stored = session.getLastAccessedTime();
        }

        @Override
        public String getId() {
            return session.getId();
        }

        @Override
        public String changeSessionId() {
            changed = true;
            return session.changeSessionId();
        }

        @Override
        public <T> @Nullable T getAttribute(String name) {
            return session.getAttribute(name);
        }

        @Override
        public Set<String> getAttributeNames() {
            return session.getAttributeNames();
        }

        @Override
        public void setAttribute(String name, Object value) {
            changed = true;
            session.setAttribute(name, value);
        }

        @Override
        public void removeAttribute(String name) {
            changed = true;
            session.removeAttribute(name);
        }

        @Override
        public Instant getCreationTime() {
            return session.getCreationTime();
        }

        @Override
        public void setLastAccessedTime(Instant time) {
            session.setLastAccessedTime(time);
        }

        @Override
        public Instant getLastAccessedTime() {
            return session.getLastAccessedTime();
        }

        @Override
        public void setMaxInactiveInterval(Duration interval) {
            changed = true;
            session.setMaxInactiveInterval(interval);
        }

        @Override
        public Duration getMaxInactiveInterval() {
            return session.getMaxInactiveInterval();
        }

        @Override
        public boolean isExpired() {
            return session.isExpired();
        }
    }
}
