package dev.holdfast.testing;

import dev.holdfast.HoldfastApplication;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.IntConsumer;
import org.eclipse.jetty.server.handler.StatisticsHandler;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jetty.JettyWebServer;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** The application as it runs, in this JVM, on free ports, over a database of its own or a given one. */
public final class WebApp implements AutoCloseable {

    public static final String PASSWORD = "correct horse battery";

    private final ConfigurableApplicationContext context;
    private final TestDatabase database;

    private WebApp(ConfigurableApplicationContext context, TestDatabase database) {
        this.context = context;
        this.database = database;
    }

    /** @param settings as in {@code holdfast.limits.posting=5/1m} */
    public static WebApp start(String... settings) {
        return startOn(TestPostgres.create(), settings);
    }

    public static WebApp startOn(TestDatabase database, String... settings) {
        return startAs("web", database, settings);
    }

    /** @param role all, web or worker */
    public static WebApp startAs(String role, TestDatabase database, String... settings) {
        return startAs(role, database, port -> {}, settings);
    }

    /** @param listening is given the page's port as soon as it takes connections, and holds the rest of the start up */
    public static WebApp startAs(String role, TestDatabase database, IntConsumer listening, String... settings) {
        var arguments = new ArrayList<>(List.of(
                "--holdfast.role=" + role,
                "--holdfast.database-url=" + database.url(),
                "--server.port=0",
                "--management.server.port=0",
                "--server.address=127.0.0.1",
                "--management.server.address=127.0.0.1"));
        for (var setting : settings) {
            arguments.add("--" + setting);
        }
        var context = new SpringApplicationBuilder(HoldfastApplication.class)
                .registerShutdownHook(false)
                .listeners((ApplicationListener<WebServerInitializedEvent>) event -> {
                    if (!"management".equals(event.getApplicationContext().getServerNamespace())) {
                        listening.accept(event.getWebServer().getPort());
                    }
                })
                .run(arguments.toArray(String[]::new));
        return new WebApp(context, database);
    }

    public int port() {
        return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    public int managementPort() {
        return context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
    }

    /** Requests that have not ended, which a shutdown waits for. */
    public int activeRequests() {
        var server = (JettyWebServer) ((ServletWebServerApplicationContext) context).getWebServer();
        return server.getServer().getDescendant(StatisticsHandler.class).getRequestsActive();
    }

    /** For looking at rows, as the database's owner. */
    public JdbcClient jdbc() {
        return database.jdbc();
    }

    public TestDatabase database() {
        return database;
    }

    /** Until all of its health says so, the LISTEN connection too. */
    public void mustBecomeReady() {
        var management = new Browser(managementPort());
        var deadline = System.nanoTime() + 20_000_000_000L;
        while (management.get("/actuator/health").status() != 200) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(management.get("/actuator/health").body());
            }
            Thread.onSpinWait();
        }
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public <T> Collection<T> beans(Class<T> type) {
        return context.getBeansOfType(type).values();
    }

    /** The mappings of all controllers. */
    public RequestMappingHandlerMapping handlerMapping() {
        return context.getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class);
    }

    /** A browser nobody has signed in with. */
    public Browser browser() {
        return new Browser(port());
    }

    /** A browser of the first account, an administrator, which is made if there is none. */
    public Browser administrator() {
        var browser = browser();
        if (browser.get("/api/setup").mustBe(200).json().path("needed").booleanValue()) {
            browser.post(
                            "/api/setup",
                            "{\"handle\": \"ada\", \"displayName\": \"Ada\", \"password\": \"" + PASSWORD + "\"}")
                    .mustBe(201);
        } else {
            browser.signIn("ada").mustBe(200);
        }
        return browser;
    }

    /** A browser of a new member. */
    public Browser member(String handle) {
        var code = administrator()
                .post("/api/invites", "{}")
                .mustBe(201)
                .json()
                .path("code")
                .stringValue();
        var browser = browser();
        browser.post(
                        "/api/accounts",
                        "{\"invite\": \"%s\", \"handle\": \"%s\", \"displayName\": \"%s\", \"password\": \"%s\"}"
                                .formatted(code, handle, handle, PASSWORD))
                .mustBe(201);
        return browser;
    }

    @Override
    public void close() {
        context.close();
    }
}
