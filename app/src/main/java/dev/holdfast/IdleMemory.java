package dev.holdfast;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what the start took and what hours without work do not need. Of itself the collector keeps the heap at the
 * start's size, as nothing makes it look again, and the C library keeps what the compilers freed: a quarter of a process
 * that nobody uses. What the operator sets on the command line stays as it is.
 */
final class IdleMemory {

    private static final Logger log = LoggerFactory.getLogger(IdleMemory.class);

    private static final Duration AFTER_THE_START = Duration.ofSeconds(2); // the compilers go on for a while
    private static final Duration WITHOUT_COLLECTION = Duration.ofMinutes(5);

    private static final Set<VMOption.Origin> OURS = Set.of(VMOption.Origin.DEFAULT, VMOption.Origin.MANAGEMENT);

    private IdleMemory() {}

    /** Soon, in the background. */
    static void giveBack() {
        CompletableFuture.delayedExecutor(AFTER_THE_START.toSeconds(), TimeUnit.SECONDS)
                .execute(() -> {
                    try {
                        set("G1PeriodicGCInterval", WITHOUT_COLLECTION.toMillis());
                        // percent of the heap that may be free after a whole collection; the least stays below the most
                        set("MinHeapFreeRatio", 5);
                        set("MaxHeapFreeRatio", 10);
                        System.gc();
                        // Java's own: a process that works needs the room
                        set("MaxHeapFreeRatio", 70);
                        set("MinHeapFreeRatio", 40);
                        trim();
                    } catch (JMException | RuntimeException e) {
                        log.debug("This Java or its C library keeps what it was given back", e);
                    }
                });
    }

    private static void set(String name, long value) {
        var java = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        try {
            if (OURS.contains(java.getVMOption(name).getOrigin())) java.setVMOption(name, Long.toString(value));
        } catch (IllegalArgumentException e) {
            log.debug("{} stays as it is: this Java has none, or the operator's other bound forbids it", name, e);
        }
    }

    private static void trim() throws JMException {
        var commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
        ManagementFactory.getPlatformMBeanServer().invoke(commands, "systemTrimNativeHeap", null, null);
    }
}
