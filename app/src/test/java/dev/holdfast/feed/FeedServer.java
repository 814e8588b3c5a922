package dev.holdfast.feed;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.postgres.ListenConnection;
import dev.holdfast.testing.SimulatedBrowser;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.security.Principal;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The feed alone behind a real web server and a real database. Sign-in is a row of chat.session and two cookies, which
 * is all the feed asks for; changes is the same SQL that the product's REST call runs.
 */
final class FeedServer implements AutoCloseable {

    final JdbcClient jdbc;
    private final ConfigurableApplicationContext context;

    /** @param database where the server connects to, perhaps through a proxy; @param truth the database itself */
    FeedServer(TestDatabase database, TestDatabase truth) {
        jdbc = JdbcClient.create(truth.dataSource());
        context = new SpringApplicationBuilder(Parts.class)
                .initializers(made -> ((org.springframework.context.support.GenericApplicationContext) made)
                        .registerBean(TestDatabase.class, () -> database))
                // as arguments, which win over the program's own properties
                .run(
                        "--management.endpoint.health.validate-group-membership=false", // there is no health to ask
                        // here
                        "--server.port=0",
                        "--server.address=127.0.0.1",
                        "--management.server.port=-1",
                        "--spring.main.banner-mode=off",
                        "--spring.autoconfigure.exclude=" + String.join(",", LEFT_OUT));
    }

    FeedServer(TestDatabase database) {
        this(database, database);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:"
                + ((WebServerApplicationContext) context).getWebServer().getPort());
    }

    <T> T part(Class<T> type) {
        return context.getBean(type);
    }

    double metric(String name) {
        var meter = part(MeterRegistry.class).find(name);
        return meter.counter() != null ? meter.counter().count() : meter.gauge().value();
    }

    UUID account(String handle) {
        return jdbc.sql("insert into chat.account (handle, display_name) values (?, ?) returning id")
                .params(handle, handle)
                .query(UUID.class)
                .single();
    }

    UUID channel(String name, UUID... members) {
        var id = jdbc.sql("insert into chat.channel (name) values (?) returning id")
                .param(name)
                .query(UUID.class)
                .single();
        for (var member : members) join(id, member);
        return id;
    }

    void join(UUID channel, UUID account) {
        jdbc.sql("insert into chat.membership (channel_id, account_id) values (?, ?)")
                .params(channel, account)
                .update();
    }

    void leave(UUID channel, UUID account) {
        jdbc.sql("delete from chat.membership where channel_id = ? and account_id = ?")
                .params(channel, account)
                .update();
    }

    void say(String channel, String handle, String content) {
        jdbc.sql("select chat.post(?, ?, ?)")
                .params(channel, handle, content)
                .query(UUID.class)
                .single();
    }

    /** A signed-in browser, not yet on the feed. */
    SimulatedBrowser browser(UUID account) {
        return new SimulatedBrowser(uri(), cookies(account));
    }

    Map<String, String> cookies(UUID account) {
        return Map.of("account", account.toString(), "session", signIn(account));
    }

    String signIn(UUID account) {
        var session = UUID.randomUUID().toString();
        jdbc.sql("""
                insert into chat.session (primary_id, session_id, creation_time, last_access_time, max_inactive_interval,
                  expiry_time, principal_name)
                values (?, ?, 0, 0, 1000000, 99999999999999, ?)""").params(session, session, account.toString()).update();
        return session;
    }

    void signOut(UUID account) {
        jdbc.sql("delete from chat.session where principal_name = ?")
                .param(account.toString())
                .update();
    }

    @Override
    public void close() {
        context.close();
    }

    private static final String[] LEFT_OUT = {
        "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
        "org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration",
        "org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration",
        "org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
        "org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration",
        "org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
        "org.springframework.boot.session.autoconfigure.SessionAutoConfiguration",
        "org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionAutoConfiguration",
    };

    @EnableAutoConfiguration
    @Import({FeedConfiguration.class, FeedController.class})
    static class Parts {

        @Bean
        MeterRegistry meters() {
            return new SimpleMeterRegistry();
        }

        @Bean
        @Qualifier("feed")
        DataSource dataSource(TestDatabase database) {
            var config = new HikariConfig();
            config.setDataSource(database.dataSource());
            config.setMaximumPoolSize(8);
            config.setConnectionTimeout(5_000); // as the program does
            return new HikariDataSource(config);
        }

        @Bean
        ListenConnection listenConnection(TestDatabase database, MeterRegistry meters) {
            return new ListenConnection(database.dataSource(), meters);
        }

        @Bean
        FilterRegistrationBean<HttpFilter> signIn() {
            var filter = new FilterRegistrationBean<HttpFilter>(new SignIn());
            filter.setOrder(0);
            return filter;
        }

        @Bean
        ServletRegistrationBean<HttpServlet> changes(JdbcClient jdbc) {
            return new ServletRegistrationBean<>(new ChangesServlet(jdbc), "/api/channels/*");
        }
    }

    private static final class SignIn extends HttpFilter {

        @Override
        protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            var account = cookie(request, "account");
            if (account == null) {
                response.setStatus(401);
                return;
            }
            chain.doFilter(new SignedIn(request, account, cookie(request, "session")), response);
        }

        private static String cookie(HttpServletRequest request, String name) {
            return request.getCookies() == null
                    ? null
                    : Arrays.stream(request.getCookies())
                            .filter(cookie -> cookie.getName().equals(name))
                            .map(cookie -> cookie.getValue())
                            .findAny()
                            .orElse(null);
        }
    }

    private static final class SignedIn extends HttpServletRequestWrapper {

        private final String account;
        private final String session;

        SignedIn(HttpServletRequest request, String account, String session) {
            super(request);
            this.account = account;
            this.session = session;
        }

        @Override
        public Principal getUserPrincipal() {
            return () -> account;
        }

        @Override
        public HttpSession getSession() {
            return (HttpSession) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {HttpSession.class},
                    (proxy, method, arguments) -> method.getName().equals("getId") ? session : null);
        }
    }

    private static final class ChangesServlet extends HttpServlet {

        private final transient JdbcClient jdbc;

        ChangesServlet(JdbcClient jdbc) {
            this.jdbc = jdbc;
        }

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            var channel = UUID.fromString(request.getPathInfo().split("/")[1]);
            var after = Long.parseLong(request.getParameter("after"));
            response.setContentType("application/json;charset=utf-8");
            response.getWriter()
                    .write(jdbc.sql("select chat.changes(?, ?)::text")
                            .params(channel, after)
                            .query(String.class)
                            .single());
        }
    }
}
