package dev.holdfast.security;

import dev.holdfast.page.ContentSecurityPolicy;
import dev.holdfast.web.Problem;
import dev.holdfast.web.ProblemWriter;
import dev.holdfast.web.WebSide;
import jakarta.servlet.DispatcherType;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer.FrameOptionsConfig;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.security.web.header.writers.CrossOriginOpenerPolicyHeaderWriter.CrossOriginOpenerPolicy;
import org.springframework.security.web.header.writers.CrossOriginResourcePolicyHeaderWriter.CrossOriginResourcePolicy;
import org.springframework.security.web.header.writers.DelegatingRequestMatcherHeaderWriter;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.header.writers.StaticHeadersWriter;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.context.support.WebApplicationContextUtils;

/** Who may call what, and what every answer says to the browser about trust. */
@Configuration(proxyBeanMethods = false)
class WebSecurity {

    /** A measure of each filter of each call is work without a reader. */
    @Bean
    SecurityObservationSettings nothingOfEachFilter() {
        return SecurityObservationSettings.noObservations();
    }

    /**
     * Headers in any language: by default the bytes of a User-Agent in UTF-8 are taken for control characters, and all that
     * its program asks for is refused. What is no header Jetty has refused before.
     */
    @Bean
    StrictHttpFirewall headersInAnyLanguage() {
        var firewall = new StrictHttpFirewall();
        firewall.setAllowedHeaderValues(value -> true);
        return firewall;
    }

    /**
     * The management port needs no sign-in: it serves health and Prometheus alone. Everything else is not there, the
     * page's files too, which its server would find in this one's class path.
     */
    @Bean
    @Order(1)
    SecurityFilterChain management(HttpSecurity http) throws Exception {
        RequestMatcher management = request -> WebServerApplicationContext.hasServerNamespace(
                WebApplicationContextUtils.getWebApplicationContext(request.getServletContext()), "management");
        return http.securityMatcher(management)
                .csrf(AbstractHttpConfigurer::disable)
                .authorizeHttpRequests(calls -> calls.requestMatchers(EndpointRequest.to("health", "prometheus"))
                        .permitAll()
                        .anyRequest()
                        .denyAll())
                .exceptionHandling(refusals ->
                        refusals.authenticationEntryPoint((request, response, failure) -> ProblemWriter.write(
                                Problem.notFound(
                                        "There is nothing at %s of the management port; it has /actuator/health and /actuator/prometheus."
                                                .formatted(request.getRequestURI())),
                                request,
                                response)))
                .build();
    }

    @Bean
    @WebSide
    CookieCsrfTokenRepository csrfCookie() {
        var cookie = CookieCsrfTokenRepository.withHttpOnlyFalse();
        cookie.setCookieCustomizer(each -> each.path("/").sameSite("Lax"));
        return cookie;
    }

    @Bean
    @WebSide
    @Order(2)
    SecurityFilterChain people(
            HttpSecurity http, SignedInContext signedIn, CookieCsrfTokenRepository csrf, ContentSecurityPolicy content)
            throws Exception {
        return http.securityContext(context -> context.securityContextRepository(signedIn))
                .csrf(token -> token.spa().csrfTokenRepository(csrf))
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .headers(headers -> headers.contentSecurityPolicy(policy -> policy.policyDirectives(content.value()))
                        .referrerPolicy(policy -> policy.policy(ReferrerPolicy.NO_REFERRER))
                        .frameOptions(FrameOptionsConfig::deny)
                        // the default writer leaves out answers that set a cookie, because Jetty gives these an Expires
                        .addHeaderWriter(new DelegatingRequestMatcherHeaderWriter(
                                PathPatternRequestMatcher.pathPattern("/api/**"),
                                new StaticHeadersWriter("Cache-Control", "no-store")))
                        .permissionsPolicyHeader(
                                policy -> policy.policy("camera=(), microphone=(), geolocation=(), payment=(), usb=()"))
                        .crossOriginOpenerPolicy(policy -> policy.policy(CrossOriginOpenerPolicy.SAME_ORIGIN))
                        .crossOriginResourcePolicy(policy -> policy.policy(CrossOriginResourcePolicy.SAME_ORIGIN)))
                .exceptionHandling(refusals -> refusals.authenticationEntryPoint(
                                (request, response, failure) -> ProblemWriter.write(
                                        Problem.unauthorized(
                                                "Nobody is signed in here. Sign in with POST /api/session."),
                                        request,
                                        response))
                        .accessDeniedHandler((request, response, failure) ->
                                ProblemWriter.write(refused(failure), request, response)))
                .authorizeHttpRequests(calls -> calls.dispatcherTypeMatchers(
                                DispatcherType.ERROR, DispatcherType.FORWARD, DispatcherType.ASYNC)
                        .permitAll()
                        .requestMatchers("/api/setup", "/api/session", "/api/session/reset")
                        .permitAll()
                        .requestMatchers(HttpMethod.POST, "/api/accounts")
                        .permitAll()
                        .requestMatchers("/api/**", "/v3/**")
                        .authenticated()
                        .anyRequest()
                        .permitAll())
                .build();
    }

    private static Problem refused(AccessDeniedException failure) {
        return failure instanceof CsrfException
                ? Problem.forbidden("The header X-XSRF-TOKEN is missing or differs from the cookie XSRF-TOKEN."
                        + " Send the cookie's present value in that header; GET /api/me sets the cookie.")
                : Problem.forbidden("You may not do this. Ask an administrator.");
    }
}
