package dev.holdfast.security;

import dev.holdfast.web.WebSide;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
import org.springframework.session.web.http.SessionRepositoryFilter;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Remembers a session from the first look to the end of its request. Spring Session looks again after an answer that went
 * out before the end of the call, a long one say: when the database was lost meanwhile, the answer would be cut.
 */
@WebSide
@Component
@Order(SessionRepositoryFilter.DEFAULT_ORDER - 1)
class SessionReadOnce extends OncePerRequestFilter {

    private static final ThreadLocal<@Nullable Map<String, SeldomTouched.Held>> READ = new ThreadLocal<>();

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        READ.set(new HashMap<>());
        try {
            chain.doFilter(request, response);
        } finally {
            READ.remove();
        }
    }

    /** What this thread's request has read, or what the function reads now; null: no such session. */
    static SeldomTouched.@Nullable Held find(String id, Function<String, SeldomTouched.@Nullable Held> read) {
        var known = READ.get();
        return known == null ? read.apply(id) : known.computeIfAbsent(id, read);
    }

    static void forget(String id) {
        var known = READ.get();
        if (known != null) known.remove(id);
    }
}
