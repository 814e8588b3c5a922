package dev.holdfast;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Gives back what the start took and what hours without work do not need. Of itself the collector keeps the heap at the
 * start's size, as nothing makes it look again, and the C library keeps what the compilers freed: half of a process that
 * nobody uses. What the operator sets on the command line stays as it is.
 */
@Component
class IdleMemory {

    private static final Logger log = LoggerFactory.getLogger(IdleMemory.class);

    private static final int FIVE_MINUTES = 300_000;

    @EventListener(ApplicationReadyEvent.class)
    void ready() {
        Thread.ofPlatform().name("idle-memory").daemon().start(IdleMemory::giveBack);
    }

    private static void giveBack() {
        // percent of the heap that may be free after a whole collection; the least has to be below the most
        set("MinHeapFreeRatio", 10);
        set("MaxHeapFreeRatio", 30);
        // without a collection, until G1 looks again
        set("G1PeriodicGCInterval", FIVE_MINUTES);
        System.gc();
        try {
            ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "systemTrimNativeHeap",
                            null,
                            null);
        } catch (JMException | RuntimeException e) {
            log.debug("The C library of this system keeps what it was given back", e);
        }
    }

    private static void set(String name, int value) {
        var java = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (java.getVMOption(name).getOrigin() == VMOption.Origin.DEFAULT) {
            java.setVMOption(name, Integer.toString(value));
        }
    }
}
