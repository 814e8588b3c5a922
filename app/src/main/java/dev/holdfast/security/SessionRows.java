package dev.holdfast.security;

import dev.holdfast.web.WebSide;
import java.nio.charset.StandardCharsets;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.support.GenericConversionService;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;
import org.springframework.transaction.support.TransactionOperations;

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

    /** Every statement of Spring Session stands alone: a session whose attributes are missing signs nobody in. */
    @Bean
    TransactionOperations springSessionTransactionOperations() {
        return TransactionOperations.withoutTransaction();
    }

    @Bean
    static BeanPostProcessor sessionsAreTouchedSeldom(ObjectProvider<JdbcClient> jdbc) {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return bean instanceof JdbcIndexedSessionRepository rows
                        ? new SeldomTouched(rows, jdbc.getObject())
                        : bean;
            }
        };
    }
}
