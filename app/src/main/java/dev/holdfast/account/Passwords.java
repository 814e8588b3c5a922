package dev.holdfast.account;

import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Semaphore;
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

    private final Argon2PasswordEncoder argon2 = new Argon2PasswordEncoder(16, 32, 1, 19 * 1024, 2);
    private final String nobodys = argon2.encode("the password of no account");
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
        var right = onACore(() -> argon2.matches(tooLong ? "" : attempt, hash.orElse(nobodys)));
        return right && hash.isPresent() && !tooLong;
    }

    private <T> T onACore(Supplier<T> work) {
        cores.acquireUninterruptibly();
        try {
            return work.get();
        } finally {
            cores.release();
        }
    }
}
