package dev.holdfast.security;

import dev.holdfast.web.WebSide;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;
import org.springframework.security.web.context.HttpRequestResponseHolder;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.stereotype.Component;

/** Makes a request's identity from the account id in its session; nothing but that id is ever kept in a session. */
@WebSide
@Component
class SignedInContext implements SecurityContextRepository {

    private final JdbcClient jdbc;

    SignedInContext(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public SecurityContext loadContext(HttpRequestResponseHolder holder) {
        return Sessions.account(holder.getRequest())
                .flatMap(this::signedIn)
                .<SecurityContext>map(SignedInContext::context)
                .orElseGet(SecurityContextImpl::new);
    }

    private static final String SIGNED_IN = """
            select id, handle, display_name, role
            from chat.account
            where id = ?
              and kind = 'human'
              and disabled_at is null
            """;

    private Optional<SignedIn> signedIn(UUID account) {
        return jdbc.sql(SIGNED_IN).param(account).query(SignedIn.class).optional();
    }

    private static SecurityContextImpl context(SignedIn who) {
        var role = "ROLE_" + who.role().toUpperCase(Locale.ROOT);
        return new SecurityContextImpl(
                new PreAuthenticatedAuthenticationToken(who, null, AuthorityUtils.createAuthorityList(role)));
    }

    /** Only signing in puts anything into a session: see {@link Sessions#begin}. */
    @Override
    public void saveContext(SecurityContext context, HttpServletRequest request, HttpServletResponse response) {}

    @Override
    public boolean containsContext(HttpServletRequest request) {
        return Sessions.account(request).isPresent();
    }
}
