package dev.holdfast.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** A peer in a process of its own, on this class path and with the options that the program gets. */
final class PeerProcess implements AutoCloseable {

    static final String[] OPTIONS = {"-Xmx512m", "-XX:+UseSerialGC"};

    private final Process process;
    private final int port;

    PeerProcess(Class<?> main, String... arguments) throws IOException {
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var command = new ArrayList<String>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(List.of(OPTIONS));
        command.addAll(List.of(
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        command.add(Integer.toString(port));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        var lines = new BufferedReader(new InputStreamReader(process.getInputStream()));
        for (var line = lines.readLine(); !"ready".equals(line); line = lines.readLine()) {
            if (line == null) throw new IOException(main.getSimpleName() + " ended before it was ready");
        }
        Thread.ofVirtual().start(() -> lines.lines().forEach(line -> {}));
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
