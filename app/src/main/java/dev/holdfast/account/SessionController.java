package dev.holdfast.account;

import dev.holdfast.security.Limits;
import dev.holdfast.security.Sessions;
import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Signing in and out. */
@WebSide
@RestController
@Tag(name = "Sign-in")
class SessionController {

    record Credentials(String handle, String password) {}

    /** @param code what follows the # in the link that an administrator made */
    record NewPassword(String code, String password) {}

    private final Accounts accounts;
    private final Passwords passwords;
    private final Sessions sessions;
    private final Limits limits;

    SessionController(Accounts accounts, Passwords passwords, Sessions sessions, Limits limits) {
        this.accounts = accounts;
        this.passwords = passwords;
        this.sessions = sessions;
        this.limits = limits;
    }

    @PostMapping("/api/session")
    @SecurityRequirements
    @Operation(summary = "Sign in: a new session, and a new XSRF-TOKEN cookie to go with it")
    Person signIn(@RequestBody Credentials credentials, HttpServletRequest request, HttpServletResponse response) {
        var handle = Handle.normal(credentials.handle());
        limits.takeSignIn(handle, request.getRemoteAddr());
        var known = accounts.credential(handle);
        if (!passwords.matches(credentials.password(), known.map(Accounts.Credential::passwordHash))) {
            throw Problem.unauthorized(
                    "This handle and this password do not belong together. Try again, or ask an administrator.");
        }
        limits.returnSignIn(handle, request.getRemoteAddr());
        return begin(known.orElseThrow(), request, response);
    }

    @PostMapping("/api/session/reset")
    @SecurityRequirements
    @Operation(
            summary = "Choose a new password by a link that an administrator made, and sign in; all other sessions end")
    Person reset(@RequestBody NewPassword wanted, HttpServletRequest request, HttpServletResponse response) {
        limits.takeJoining(request.getRemoteAddr());
        var code = Invites.hash(wanted.code());
        accounts.mustBeResettable(code);
        return begin(accounts.resetPassword(code, passwords.hash(wanted.password())), request, response);
    }

    private Person begin(Accounts.Credential known, HttpServletRequest request, HttpServletResponse response) {
        sessions.begin(known.accountId(), known.since(), request, response);
        return Person.of(accounts.byId(known.accountId()));
    }

    @DeleteMapping("/api/session")
    @SecurityRequirements
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Sign out; the session's feed ends within a second")
    void signOut(HttpServletRequest request) {
        sessions.end(request);
    }

    @GetMapping("/api/sessions")
    @Operation(summary = "Where I am signed in")
    List<Sessions.Session> mine(@AuthenticationPrincipal SignedIn me, HttpServletRequest request) {
        return sessions.of(me.id(), request);
    }

    @DeleteMapping("/api/sessions/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Sign out one of my sessions")
    void revoke(@PathVariable UUID id, @AuthenticationPrincipal SignedIn me) {
        if (!sessions.revoke(me.id(), id)) {
            throw Problem.notFound("You have no session %s. GET /api/sessions lists yours.".formatted(id));
        }
    }
}
