package dev.holdfast.security;

import static org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

import dev.holdfast.web.WebSide;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.web.csrf.CsrfTokenRepository;
import org.springframework.stereotype.Component;

/**
 * Begins, lists and ends sign-in sessions. A session's cookie holds chat.session.session_id; people see only its
 * primary_id, which opens nothing. Deleting the row ends the session's feed: a trigger tells the relay.
 */
@WebSide
@Component
public class Sessions {

    private static final String USER_AGENT = "userAgent";

    /** When the password was chosen that opened the session: see {@link SeldomTouched#save}. */
    static final String PASSWORD_SINCE = "passwordSince";

    /** @param current whether it is the one that asks */
    public record Session(
            UUID id, String userAgent, OffsetDateTime createdAt, OffsetDateTime lastUsedAt, boolean current) {}

    private final JdbcClient jdbc;
    private final CsrfTokenRepository csrf;

    Sessions(JdbcClient jdbc, CsrfTokenRepository csrf) {
        this.jdbc = jdbc;
        this.csrf = csrf;
    }

    /** Signs the account in under a new session id and a new CSRF token, whatever the browser came with. */
    public void begin(UUID account, HttpServletRequest request, HttpServletResponse response) {
        end(request);
        var session = request.getSession(true);
        session.setAttribute(PRINCIPAL_NAME_INDEX_NAME, account.toString());
        session.setAttribute(USER_AGENT, shortened(request.getHeader("User-Agent")));
        csrf.saveToken(csrf.generateToken(request), request, response);
    }

    /** The same by a password that was checked: where another one is chosen meanwhile, the session ends as soon as it is stored. */
    public void begin(UUID account, String passwordSince, HttpServletRequest request, HttpServletResponse response) {
        begin(account, request, response);
        request.getSession().setAttribute(PASSWORD_SINCE, passwordSince);
    }

    /** After a new password of one's own: the one that opened this session no longer says whether it may stay. */
    public static void keep(HttpServletRequest request) {
        request.getSession().removeAttribute(PASSWORD_SINCE);
    }

    private static String shortened(String userAgent) {
        return userAgent == null ? "" : userAgent.substring(0, Math.min(200, userAgent.length()));
    }

    /** Signs out the browser that asks; without a session nothing happens. */
    public void end(HttpServletRequest request) {
        var session = request.getSession(false);
        if (session != null) {
            session.invalidate();
        }
    }

    static Optional<UUID> account(HttpServletRequest request) {
        return Optional.ofNullable(request.getSession(false))
                .map(session -> (String) session.getAttribute(PRINCIPAL_NAME_INDEX_NAME))
                .map(UUID::fromString);
    }

    private static final String OF_ACCOUNT = """
            select s.primary_id,
                   convert_from(a.attribute_bytes, 'UTF8') as user_agent,
                   to_timestamp(s.creation_time / 1000.0) as created_at,
                   to_timestamp(s.last_access_time / 1000.0) as last_used_at,
                   s.session_id = ? as current
            from chat.session s
            left join chat.session_attributes a
              on a.session_primary_id = s.primary_id
             and a.attribute_name = 'userAgent'
            where s.principal_name = ?
              and s.expiry_time > extract(epoch from now()) * 1000
            order by s.last_access_time desc
            """;

    public List<Session> of(UUID account, HttpServletRequest request) {
        return jdbc.sql(OF_ACCOUNT)
                .param(request.getSession().getId())
                .param(account.toString())
                .query((row, number) -> new Session(
                        UUID.fromString(row.getString("primary_id").strip()),
                        row.getString("user_agent"),
                        row.getObject("created_at", OffsetDateTime.class),
                        row.getObject("last_used_at", OffsetDateTime.class),
                        row.getBoolean("current")))
                .list();
    }

    private static final String REVOKE = """
            delete from chat.session
            where principal_name = ?
              and primary_id = ?
            """;

    /** @return whether the account had such a session */
    public boolean revoke(UUID account, UUID session) {
        return jdbc.sql(REVOKE)
                        .param(account.toString())
                        .param(session.toString())
                        .update()
                > 0;
    }
}
