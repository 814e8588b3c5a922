package dev.holdfast;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** What this process is called among others of the installation: its machine and its number there. */
public final class ProcessName {

    // once, when somebody asks: looking up the machine's name may take a while
    private static final String NAME = host() + "-" + ProcessHandle.current().pid();

    private ProcessName() {}

    public static String get() {
        return NAME;
    }

    private static String host() {
        try {
            String host = InetAddress.getLocalHost().getHostName();
            return host.length() > 60 ? host.substring(0, 60) : host;
        } catch (UnknownHostException e) {
            return "holdfast";
        }
    }
}
