package dev.holdfast.bench;

import java.util.Map;

/**
 * One of the things compared. A measurement gives its figures by metric, in the metric's unit ("ms", "per second", ...);
 * the first one is thrown away as warm-up.
 */
record Side(String name, Measurement measurement) {

    interface Measurement {
        Map<String, Double> measure() throws Exception;
    }
}
