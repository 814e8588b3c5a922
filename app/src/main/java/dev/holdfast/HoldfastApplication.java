package dev.holdfast;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.endpoint.jackson.Jackson2EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;

/** Starts Holdfast: the web side, the worker side or both, as HOLDFAST_ROLE says. */
@SpringBootApplication(
        exclude = {
            UserDetailsServiceAutoConfiguration.class, // accounts are rows, no one signs in otherwise
            Jackson2EndpointAutoConfiguration
                    .class // it loads a thousand classes to look for Kotlin; Jackson 3 writes JSON
        })
@ConfigurationPropertiesScan
public class HoldfastApplication {

    public static void main(String[] args) {
        // it would load, beside the start, converters for bodies that nobody sends
        System.setProperty("spring.backgroundpreinitializer.ignore", "true");
        try {
            SpringApplication.run(HoldfastApplication.class, args);
            IdleMemory.giveBack();
            // runs when all is drained and closed: who was told to end and did has not failed, and 143 would say so
            SpringApplication.getShutdownHandlers()
                    .add(() -> Runtime.getRuntime().halt(0));
        } catch (RuntimeException e) {
            System.exit(1); // the reason has been reported
        }
    }
}
