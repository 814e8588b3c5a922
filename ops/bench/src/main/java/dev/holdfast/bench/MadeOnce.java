package dev.holdfast.bench;

import com.sun.tools.attach.VirtualMachine;
import dev.holdfast.testing.IdleFeeds;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Goal 8, each event serialised once: what a server allocates for one more browser, in sizes of the event. One that made
 * the event anew for it would allocate the event's size at least. It counts what its JVM counts, over JMX.
 */
final class MadeOnce implements AutoCloseable {

    static final String METRIC = "allocated for one more browser, events";
    private static final int MORE = 100;
    private static final int EVENTS = 30;
    private static final String TEXT = Prose.ofLength(16_000, 1);

    private final JMXConnector connector;
    private final MBeanServerConnection machine;
    private final URI feed;
    private final List<String> cookies;
    private final String channel;

    /** @param channel that the server's browsers listen to, with so many cookies as there may be browsers */
    @SuppressWarnings("BanJNDI") // the address is that of a process of ours, from itself
    MadeOnce(long server, URI feed, List<String> cookies, String channel) throws Exception {
        this.feed = feed;
        this.cookies = cookies;
        this.channel = channel;
        var attached = VirtualMachine.attach(Long.toString(server));
        try {
            connector = JMXConnectorFactory.connect(new JMXServiceURL(attached.startLocalManagementAgent()));
        } finally {
            attached.detach();
        }
        machine = connector.getMBeanServerConnection();
    }

    Map<String, Double> measure(JdbcTemplate writer) throws Exception {
        double one = allocated(writer, 1);
        double all = allocated(writer, 1 + MORE);
        return Map.of(METRIC, (all - one) / MORE / TEXT.length());
    }

    /** Bytes for each event. */
    private double allocated(JdbcTemplate writer, int browsers) throws Exception {
        try (var feeds =
                new IdleFeeds(feed, feed.getPath(), cookies.subList(0, browsers)).awaitOpen(Duration.ofMinutes(1))) {
            send(writer, feeds, 0, browsers);
            long before = allocated();
            for (int sent = 1; sent <= EVENTS; sent++) send(writer, feeds, sent, browsers);
            return (allocated() - before) / (double) EVENTS;
        }
    }

    private void send(JdbcTemplate writer, IdleFeeds feeds, int sent, int browsers) throws Exception {
        FanOut.post(writer, channel, TEXT);
        feeds.awaitMarks((sent + 1) * browsers, Duration.ofSeconds(30));
    }

    /** Bytes since the JVM began, of all its threads, those that have ended too. */
    private long allocated() throws IOException, JMException {
        return (Long) machine.getAttribute(new ObjectName("java.lang:type=Threading"), "TotalThreadAllocatedBytes");
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
