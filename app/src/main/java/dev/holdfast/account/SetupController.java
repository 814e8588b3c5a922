package dev.holdfast.account;

import dev.holdfast.Settings;
import dev.holdfast.security.Sessions;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The first run: the first account, an administrator. */
@WebSide
@RestController
@RequestMapping("/api/setup")
@SecurityRequirements
@Tag(name = "Sign-in")
class SetupController {

    record Setup(boolean needed) {}

    record FirstAccount(String handle, String displayName, String password) {}

    private final Accounts accounts;
    private final Passwords passwords;
    private final Sessions sessions;
    private final Settings settings;

    SetupController(Accounts accounts, Passwords passwords, Sessions sessions, Settings settings) {
        this.settings = settings;
        this.accounts = accounts;
        this.passwords = passwords;
        this.sessions = sessions;
    }

    @GetMapping
    @Operation(summary = "Whether the first account is still to be made")
    Setup setup() {
        return new Setup(!settings.adminIsNamed() && accounts.setupNeeded());
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            summary =
                    "Make the first account, an administrator, and sign it in; 409 once an account exists, or where HOLDFAST_ADMIN_HANDLE names it")
    Person setUp(@RequestBody FirstAccount first, HttpServletRequest request, HttpServletResponse response) {
        // it is made after the web server began to listen, and a stranger may be faster
        if (settings.adminIsNamed() && accounts.setupNeeded()) {
            throw Problem.conflict("The first account is made at the start, as HOLDFAST_ADMIN_HANDLE names it."
                    + " Wait until the start is over, and sign in with it.");
        }
        // hashing is dear: nobody may make a set-up server do it
        if (!accounts.setupNeeded()) {
            throw Problem.conflict("Holdfast is set up already. Sign in, or ask an administrator for an invitation.");
        }
        var id = accounts.setUp(first.handle(), first.displayName(), passwords.hash(first.password()));
        sessions.begin(id, request, response);
        return Person.of(accounts.byId(id));
    }
}
