package dev.holdfast.system.faults;

import java.net.URI;
import java.util.List;
import java.util.Random;

/** The addresses at which the web processes are reached, each behind its proxy. */
record Servers(List<URI> addresses) {

    URI any(Random random) {
        return addresses.get(random.nextInt(addresses.size()));
    }
}
