package dev.holdfast.system.faults;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.SimulatedBrowser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;

/** A HOLDFAST_HOME with a database in it, and the processes that use it; closing it ends them all. */
record EmbeddedHome(Path folder, ModelServer models, List<HoldfastProcess> processes) implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(60);

    EmbeddedHome(Path folder) {
        this(folder, ModelServer.start(), new ArrayList<>());
    }

    HoldfastProcess process(String name) {
        var process = new HoldfastProcess(name, "all", null)
                .with(models)
                .with("HOLDFAST_HOME", folder.toString())
                .with("HOLDFAST_LEASE", Installation.LEASE.toSeconds() + "s")
                .with("HOLDFAST_ADMIN_HANDLE", "root")
                .with("HOLDFAST_ADMIN_PASSWORD", Installation.PASSWORD);
        processes.add(process);
        return process;
    }

    /** Of the channel that everybody is in. */
    static UUID room(SimulatedBrowser browser) {
        var channels = new JsonMapper().readTree(browser.get("/api/channels").body());
        return UUID.fromString(channels.path(0).path("id").asString());
    }

    Path address() {
        return folder.resolve("database-url");
    }

    Path pidFile() throws IOException {
        return folder.toRealPath().resolve("postgres-18").resolve("postmaster.pid");
    }

    Optional<ProcessHandle> postmaster() throws IOException {
        var started = "/bin/postgres -D " + folder.toRealPath().resolve("postgres-18") + " ";
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains(started))
                .findFirst();
    }

    void killPostgres() throws IOException {
        var server = postmaster().orElseThrow();
        server.destroyForcibly();
        Installation.await(SOON, () -> server.info().commandLine().isEmpty(), () -> "it lives on: " + server);
    }

    static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Override
    public void close() throws IOException {
        processes.forEach(HoldfastProcess::close);
        postmaster().ifPresent(ProcessHandle::destroy);
        postmaster().ifPresent(left -> left.onExit().join());
        models.close();
    }
}
