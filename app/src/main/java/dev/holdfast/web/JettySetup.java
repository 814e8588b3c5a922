package dev.holdfast.web;

import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.springframework.boot.jetty.ConfigurableJettyWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;

/** What is refused before any filter sees it (an ambiguous address, too long headers or body) is answered as problem details too. */
@WebSide
@Component
class JettySetup implements WebServerFactoryCustomizer<ConfigurableJettyWebServerFactory> {

    @Override
    public void customize(ConfigurableJettyWebServerFactory factory) {
        factory.addServerCustomizers(server -> {
            server.setErrorHandler(new Refusals());
            server.setHandler(new WholeAnswer(new WholeBody(server.getHandler())));
            // before what Spring Boot adds for server.forward-headers-strategy, which reads the headers
            for (var connector : server.getConnectors()) {
                connector.getConnectionFactories().stream()
                        .filter(HttpConfiguration.ConnectionFactory.class::isInstance)
                        .map(HttpConfiguration.ConnectionFactory.class::cast)
                        .forEach(http -> http.getHttpConfiguration().addCustomizer(new AsTheProxySaw()));
            }
        });
    }

    private static final class Refusals extends ErrorHandler {

        @Override
        protected void generateResponse(
                Request request, Response response, int code, String message, Throwable cause, Callback callback) {
            var status = HttpStatus.resolve(code);
            refuse(Problem.of(status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status), response, callback);
        }
    }

    static void refuse(Problem problem, Response response, Callback callback) {
        response.setStatus(problem.getStatusCode().value());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        problem.getHeaders().forEach((name, values) -> response.getHeaders().put(name, values));
        ProblemWriter.SECURITY.forEach(response.getHeaders()::put);
        Content.Sink.write(response, true, new String(ProblemWriter.json(problem), StandardCharsets.UTF_8), callback);
    }
}
