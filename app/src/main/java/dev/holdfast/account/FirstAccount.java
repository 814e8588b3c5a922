package dev.holdfast.account;

import dev.holdfast.web.WebSide;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Makes the first account from HOLDFAST_ADMIN_HANDLE and HOLDFAST_ADMIN_PASSWORD, if there is none. */
@WebSide
@Component
class FirstAccount implements ApplicationRunner {

    private static final Logger log = LoggerFactory.getLogger(FirstAccount.class);

    private final String handle;
    private final String password;
    private final Accounts accounts;
    private final Passwords passwords;

    FirstAccount(
            @Value("${holdfast.admin-handle:}") String handle,
            @Value("${holdfast.admin-password:}") String password,
            Accounts accounts,
            Passwords passwords) {
        this.handle = handle;
        this.password = password;
        this.accounts = accounts;
        this.passwords = passwords;
    }

    @Override
    public void run(ApplicationArguments arguments) {
        if (handle.isBlank() || !accounts.setupNeeded()) {
            return;
        }
        try {
            accounts.setUp(handle, null, passwords.hash(password));
            log.info("Made the first account, @{}, from HOLDFAST_ADMIN_HANDLE", Accounts.normal(handle));
        } catch (DataAccessException failure) {
            // another process was faster, which is as good
            if (accounts.setupNeeded()) {
                throw failure;
            }
        }
    }
}
