package dev.holdfast.page;

import dev.holdfast.web.WebSide;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.CacheControl;
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

    private final PageFiles files = new PageFiles();

    @Bean
    PageFiles pageFiles() {
        return files;
    }

    @Bean
    ContentSecurityPolicy contentSecurityPolicy() {
        return ContentSecurityPolicy.of(files.importMap());
    }

    /** From memory: to look into the jar for each file was a quarter of what the server did beside a browser. */
    @Override
    public void addResourceHandlers(ResourceHandlerRegistry registry) {
        serve(registry, "/_static/", FOR_GOOD);
        serve(registry, "/webjars/", FOR_GOOD);
        serve(registry, "/", ASK_EACH_TIME);
    }

    /** The files in a jar all have the time of its build; only their content tells whether they changed. */
    private void serve(ResourceHandlerRegistry registry, String folder, CacheControl keep) {
        registry.addResourceHandler(folder + "**")
                .setCacheControl(keep)
                .setUseLastModified(false)
                .setEtagGenerator(file -> '"' + ((PageFile) file).integrity() + '"')
                .resourceChain(false)
                .addResolver(new PageFileResolver(files, folder));
    }
}
