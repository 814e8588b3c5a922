package dev.holdfast.account;

import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import org.springframework.stereotype.Component;

/** Argon2id with OWASP's parameters (19 MiB, 2 passes). Thread-safe. */
@WebSide
@Component
class Passwords {

    private static final int SHORTEST = 8;
    private static final int LONGEST_BYTES = 1024;

    /** Whoever waits does so in one of the threads that answer everybody. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final int LANES = 1;
    private static final int KIB = 19 * 1024;
    private static final int PASSES = 2;

    /** A hash that no password is known to have. Written down: to make one would hold up every start. */
    static final String NOBODYS =
            "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s".formatted(KIB, PASSES, LANES, base64(SALT_BYTES), base64(HASH_BYTES));

    private final Argon2PasswordEncoder argon2 = new Argon2PasswordEncoder(SALT_BYTES, HASH_BYTES, LANES, KIB, PASSES);
    // each takes 19 MiB and a core: more at once than cores only makes everybody wait
    private final Semaphore cores = new Semaphore(Runtime.getRuntime().availableProcessors());

    /** Refuses what is no good password before anything is stored. */
    String hash(@Nullable String password) {
        if (password == null || password.codePointCount(0, password.length()) < SHORTEST) {
            throw Problem.invalid("A password has at least %d characters. Choose a longer one.".formatted(SHORTEST));
        }
        if (password.getBytes(StandardCharsets.UTF_8).length > LONGEST_BYTES) {
            throw Problem.invalid("A password has at most %d bytes. Choose a shorter one.".formatted(LONGEST_BYTES));
        }
        return onACore(() -> argon2.encode(password));
    }

    /** Takes as long for an account that does not exist as for one that does, so time tells nobody which handles exist. */
    boolean matches(String password, Optional<String> hash) {
        var attempt = password == null ? "" : password;
        var tooLong = attempt.length() > LONGEST_BYTES;
        var right = onACore(() -> argon2.matches(tooLong ? "" : attempt, hash.orElse(NOBODYS)));
        return right && hash.isPresent() && !tooLong;
    }

    private <T> T onACore(Supplier<T> work) {
        if (!awaitCore()) throw Problem.unavailable("Too many people sign in at this moment. Try again.", PATIENCE);
        try {
            return work.get();
        } finally {
            cores.release();
        }
    }

    private boolean awaitCore() {
        try {
            return cores.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String base64(int zeroBytes) {
        return Base64.getEncoder().withoutPadding().encodeToString(new byte[zeroBytes]);
    }
}
