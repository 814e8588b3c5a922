package dev.holdfast.page;

import dev.holdfast.web.WebSide;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistration;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Serves the page in every process that is a web. */
@Configuration(proxyBeanMethods = false)
@WebSide
class PageConfiguration implements WebMvcConfigurer {

    private static final CacheControl ASK_EACH_TIME = CacheControl.noCache();

    /** Their paths carry their versions. */
    private static final CacheControl FOR_GOOD =
            CacheControl.maxAge(Duration.ofDays(365)).cachePublic().immutable();

    private static final String LIBRARIES = "classpath:/META-INF/resources";

    @Bean
    PageFiles pageFiles() {
        return new PageFiles();
    }

    @Bean
    ContentSecurityPolicy contentSecurityPolicy(PageFiles files) {
        return ContentSecurityPolicy.of(files.importMap());
    }

    @Override
    public void addResourceHandlers(ResourceHandlerRegistry registry) {
        byContent(registry.addResourceHandler("/_static/**").addResourceLocations(LIBRARIES + "/_static/"))
                .setCacheControl(FOR_GOOD);
        byContent(registry.addResourceHandler("/webjars/**").addResourceLocations(LIBRARIES + "/webjars/"))
                .setCacheControl(FOR_GOOD);
        byContent(registry.addResourceHandler("/**").addResourceLocations("classpath:/static/"))
                .setCacheControl(ASK_EACH_TIME);
    }

    /** The files in a jar all have the time of its build; only their content tells whether they changed. */
    private static ResourceHandlerRegistration byContent(ResourceHandlerRegistration registration) {
        return registration.setUseLastModified(false).setEtagGenerator(PageConfiguration::etag);
    }

    private static String etag(Resource resource) {
        return '"' + PageFile.read(resource.getDescription(), resource).integrity() + '"';
    }
}
