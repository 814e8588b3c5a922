package dev.holdfast.feed;

import dev.holdfast.postgres.ListenConnection;
import dev.holdfast.web.WebSide;
import io.micrometer.core.instrument.MeterRegistry;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.jdbc.core.JdbcTemplate;

/** The feed's parts, in every process that is a web. */
@Configuration(proxyBeanMethods = false)
@WebSide
class FeedConfiguration {

    @Bean
    Audience audience() {
        return new Audience();
    }

    @Bean
    FeedMetrics feedMetrics(MeterRegistry meters, Audience audience) {
        return new FeedMetrics(meters, audience);
    }

    @Bean
    Permissions permissions(DataSource web) {
        return new Permissions(new JdbcTemplate(web));
    }

    /** On connections of its own: requests that wait for the database don't keep the feed waiting. */
    @Bean
    Relay relay(ListenConnection listener, Audience audience, @Qualifier("feed") DataSource own, FeedMetrics metrics) {
        var jdbc = new JdbcTemplate(own);
        var door = new Door(audience, new Permissions(jdbc), metrics);
        return new Relay(listener, audience, new Relay.Reading(new Changes(jdbc), door, new Lineage(jdbc)), metrics);
    }

    @Bean
    FilterRegistrationBean<FeedFilter> feedFilter(Relay relay) {
        var registration = new FilterRegistrationBean<>(new FeedFilter(relay));
        registration.addUrlPatterns("/api/feed");
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }
}
