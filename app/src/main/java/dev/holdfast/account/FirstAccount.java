package dev.holdfast.account;

import dev.holdfast.Settings;
import dev.holdfast.StartFailure;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.dao.DataAccessException;
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
        if (handle == null || handle.isBlank() || !accounts.setupNeeded()) {
            return;
        }
        try {
            accounts.setUp(handle, null, passwords.hash(settings.adminPassword()));
            log.info("Made the first account, @{}, from HOLDFAST_ADMIN_HANDLE", Accounts.normal(handle));
        } catch (Problem refused) {
            throw new StartFailure("HOLDFAST_ADMIN_HANDLE and HOLDFAST_ADMIN_PASSWORD make no account: "
                    + refused.getBody().getDetail());
        } catch (DataAccessException failure) {
            // another process was faster, which is as good
            if (accounts.setupNeeded()) {
                throw failure;
            }
        }
    }
}
