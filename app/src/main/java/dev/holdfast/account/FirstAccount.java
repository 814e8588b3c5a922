package dev.holdfast.account;

import dev.holdfast.Settings;
import dev.holdfast.StartFailure;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.stereotype.Component;

/** Makes the first account from HOLDFAST_ADMIN_HANDLE and HOLDFAST_ADMIN_PASSWORD, if there is none. */
@WebSide
@Component
class FirstAccount implements ApplicationRunner {

    private static final Logger log = LoggerFactory.getLogger(FirstAccount.class);

    private final Settings settings;
    private final Accounts accounts;
    private final Passwords passwords;

    FirstAccount(Settings settings, Accounts accounts, Passwords passwords) {
        this.settings = settings;
        this.accounts = accounts;
        this.passwords = passwords;
    }

    @Override
    public void run(ApplicationArguments arguments) {
        var handle = settings.adminHandle();
        var password = settings.adminPassword();
        if (!settings.adminIsNamed()) {
            return;
        }
        if (accounts.setupNeeded()) {
            make(handle, password);
        }
        if (handle != null && !handle.isBlank() && !accounts.isPerson(handle)) {
            log.warn(
                    "HOLDFAST_ADMIN_HANDLE made no account @{}: there were others already, and it makes the first alone."
                            + " If nobody here made them, look for a stranger at /people",
                    Handle.normal(handle));
        }
    }

    private void make(@Nullable String handle, @Nullable String password) {
        try {
            accounts.setUp(handle, null, passwords.hash(password));
            log.info("Made the first account, @{}, from HOLDFAST_ADMIN_HANDLE", Handle.normal(handle));
        } catch (RuntimeException failure) {
            // if another process was faster, that is as good
            if (accounts.setupNeeded()) {
                throw refused(failure);
            }
        }
    }

    private static RuntimeException refused(RuntimeException failure) {
        return Problem.in(failure)
                .<RuntimeException>map(problem ->
                        new StartFailure("HOLDFAST_ADMIN_HANDLE and HOLDFAST_ADMIN_PASSWORD make no account: "
                                + problem.getBody().getDetail()))
                .orElse(failure);
    }
}
