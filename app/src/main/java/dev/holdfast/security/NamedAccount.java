package dev.holdfast.security;

import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.core.annotation.Order;
import org.springframework.session.web.http.SessionRepositoryFilter;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses a call that names another account than the one signed in. The tabs of a browser share their cookies: one that
 * slept while somebody else signed in would write in that person's name.
 */
@WebSide
@Component
@Order(SessionRepositoryFilter.DEFAULT_ORDER + 1)
class NamedAccount extends OncePerRequestFilter {

    private static final String HEADER = "X-HOLDFAST-ACCOUNT";

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var named = request.getHeader(HEADER);
        if (named != null
                && Sessions.account(request).stream().anyMatch(id -> !named.equalsIgnoreCase(id.toString()))) {
            throw Problem.unauthorized("Somebody else has signed in here than the account in the header " + HEADER
                    + ", so nothing was done. Sign in again.");
        }
        chain.doFilter(request, response);
    }
}
