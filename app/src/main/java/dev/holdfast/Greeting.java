package dev.holdfast;

import java.util.Objects;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Says where to go once everything is up. */
@Component
class Greeting {

    @EventListener
    void ready(ApplicationReadyEvent event) {
        if (event.getApplicationContext() instanceof WebServerApplicationContext web
                && web.getServerNamespace() == null
                && event.getApplicationContext().getBean(Settings.class).role().web()) {
            System.out.println("Holdfast is ready: open http://localhost:"
                    + Objects.requireNonNull(web.getWebServer()).getPort());
        } else {
            System.out.println("Holdfast is ready: this worker claims replies");
        }
    }
}
