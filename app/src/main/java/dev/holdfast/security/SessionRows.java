package dev.holdfast.security;

import dev.holdfast.web.WebSide;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.support.GenericConversionService;
import org.springframework.session.config.SessionRepositoryCustomizer;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;

import java.nio.charset.StandardCharsets;

/** How Spring Session's rows are written. */
@WebSide
@Configuration(proxyBeanMethods = false)
class SessionRows {

    /**
     * A session holds texts alone, kept as UTF-8. Nothing is ever deserialised from the table, so nothing put there
     * can run, and a release with other classes reads the same sessions.
     */
    @Bean
    ConversionService springSessionConversionService() {
        var texts = new GenericConversionService();
        texts.addConverter(Object.class, byte[].class, SessionRows::bytes);
        texts.addConverter(byte[].class, Object.class, bytes -> new String(bytes, StandardCharsets.UTF_8));
        return texts;
    }

    private static byte[] bytes(Object attribute) {
        return ((String) attribute).getBytes(StandardCharsets.UTF_8);
    }

    /** The last access is written once a minute, not with every request: parallel requests would queue for the row. */
    private static final String TOUCH =
            """
            with seen as (
                select ?::char(36) as session_id, ?::bigint as last_access_time, ?::int as max_inactive_interval,
                       ?::bigint as expiry_time, ?::text as principal_name, ?::char(36) as primary_id
            )
            update %TABLE_NAME% s
            set session_id = seen.session_id,
                last_access_time = seen.last_access_time,
                max_inactive_interval = seen.max_inactive_interval,
                expiry_time = seen.expiry_time,
                principal_name = seen.principal_name
            from seen
            where s.primary_id = seen.primary_id
              and (s.last_access_time + 60000 < seen.last_access_time
                or s.session_id <> seen.session_id
                or s.principal_name is distinct from seen.principal_name)
            """;

    @Bean
    SessionRepositoryCustomizer<JdbcIndexedSessionRepository> touchSeldom() {
        return repository -> repository.setUpdateSessionQuery(TOUCH);
    }
}
