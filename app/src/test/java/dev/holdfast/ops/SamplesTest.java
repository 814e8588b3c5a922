package dev.holdfast.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.db.TestPostgres;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

class SamplesTest {

    /** The driver as it is when a connection is cut under it: it fails with what is no SQLException. */
    private static final class Stumbling extends DelegatingDataSource {
        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

        @Override
        public Connection getConnection() throws SQLException {
            switch (failures.poll()) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default -> {
                    return super.getConnection();
                }
            }
        }
    }

    @Test
    void the_charts_go_on_whatever_the_driver_throws() {
        var driver = new Stumbling();
        driver.setTargetDataSource(TestPostgres.create().dataSource());
        driver.failures.add(new IndexOutOfBoundsException("readerIndex(0) + length(1) exceeds writerIndex(0)"));
        driver.failures.add(new StackOverflowError());
        var samples = new Samples(JdbcClient.create(driver), new SimpleMeterRegistry(), Duration.ofMillis(10));
        samples.start();
        try {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> samples.after(0).samples().size() >= 3);
        } finally {
            samples.stop();
        }
        assertThat(samples.after(0).samples())
                .extracting(Samples.Sample::queued)
                .as("a gap each, then the queue again")
                .startsWith(null, null, 0L);
    }
}
