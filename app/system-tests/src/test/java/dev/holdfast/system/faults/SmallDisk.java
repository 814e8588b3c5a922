package dev.holdfast.system.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system of its own, of a few megabytes, that can be filled to the last byte. */
final class SmallDisk implements AutoCloseable {

    private final Path folder;

    private SmallDisk(Path folder) {
        this.folder = folder;
    }

    /** @return null where this user may mount nothing */
    static SmallDisk mount(int megabytes) {
        try {
            var folder = Files.createTempDirectory("small-disk");
            if (run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m,mode=700", "small-disk", folder.toString())
                    == 0) return new SmallDisk(folder);
            Files.delete(folder);
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An empty folder on it. */
    Path folder(String name) {
        try {
            return Files.createDirectory(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes all the room that is left. */
    void fill() {
        try (var rest = Files.newOutputStream(folder.resolve("rest"))) {
            while (true) rest.write(new byte[4096]);
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) throw new UncheckedIOException(e);
        }
    }

    void relieve() {
        try {
            Files.delete(folder.resolve("rest"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        run("umount", "-l", folder.toString());
        folder.toFile().delete();
    }

    private static int run(String... command) {
        try {
            return new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
