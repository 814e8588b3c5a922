package dev.holdfast;

import java.time.ZoneId;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.endpoint.jackson.Jackson2EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration;

/** Starts Holdfast: the web side, the worker side or both, as HOLDFAST_ROLE says. */
// Left out: users (accounts are rows, nobody signs in otherwise), Jackson 2 (it would load a thousand classes to
// look for Kotlin, and 3 writes JSON), transactions by annotation (every bean's methods would be searched), and
// validation by one.
@SuppressWarnings("removal") // Jackson 2 goes with its exclusion
@SpringBootApplication(
        exclude = {
            UserDetailsServiceAutoConfiguration.class,
            Jackson2EndpointAutoConfiguration.class,
            TransactionAutoConfiguration.class,
            ValidationAutoConfiguration.class
        })
@ConfigurationPropertiesScan
public class HoldfastApplication {

    public static void main(String[] args) {
        if (Usage.isAsked(args)) {
            System.out.print(Usage.text());
            return;
        }
        // it would load, beside the start, converters for bodies that nobody sends
        System.setProperty("spring.backgroundpreinitializer.ignore", "true");
        // TZ=IST and the like, which Java knows and PostgreSQL, who is told of it, does not
        String zone = ZoneId.SHORT_IDS.get(TimeZone.getDefault().getID());
        if (zone != null) TimeZone.setDefault(TimeZone.getTimeZone(ZoneId.of(zone)));
        var status = new AtomicInteger();
        // runs when all is drained and closed: who was told to end and did has not failed, and 143 would say so
        Runnable exit = () -> Runtime.getRuntime().halt(status.get());
        SpringApplication.getShutdownHandlers().add(exit);
        try {
            SpringApplication.run(HoldfastApplication.class, args);
            IdleMemory.giveBack();
        } catch (SpringApplication.AbandonedRunException e) {
            // it is the build that has asked, for the beans alone, and goes on with them
            SpringApplication.getShutdownHandlers().remove(exit);
            throw e;
        } catch (RuntimeException e) {
            status.set(1); // the reason has been reported
            System.exit(1);
        }
    }
}
