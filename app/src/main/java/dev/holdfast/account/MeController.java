package dev.holdfast.account;

import dev.holdfast.security.Limits;
import dev.holdfast.security.Sessions;
import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** My own account. */
@WebSide
@RestController
@RequestMapping("/api/me")
@Tag(name = "Accounts")
class MeController {

    record Profile(String displayName) {}

    record PasswordChange(String current, String password) {}

    private final Accounts accounts;
    private final Passwords passwords;
    private final Limits limits;

    MeController(Accounts accounts, Passwords passwords, Limits limits) {
        this.accounts = accounts;
        this.passwords = passwords;
        this.limits = limits;
    }

    @GetMapping
    @Operation(summary = "Who am I; 401 if nobody is signed in. Sets the XSRF-TOKEN cookie in both cases")
    Person me(@AuthenticationPrincipal SignedIn me) {
        return Person.of(me);
    }

    @PatchMapping
    @Operation(summary = "Change my display name")
    Person change(@RequestBody Profile profile, @AuthenticationPrincipal SignedIn me) {
        if (profile.displayName() != null) {
            accounts.changeProfile(me.id(), DisplayName.checked(profile.displayName()));
        }
        return Person.of(accounts.byId(me.id()));
    }

    @PutMapping("/password")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Change my password; every other session of mine is signed out")
    void changePassword(
            @RequestBody PasswordChange wanted, @AuthenticationPrincipal SignedIn me, HttpServletRequest request) {
        limits.takePassword(me.handle(), request.getRemoteAddr());
        var present = accounts.credential(me.handle());
        if (!passwords.matches(wanted.current(), present.map(Accounts.Credential::passwordHash))) {
            throw Problem.forbidden("The current password is another one. Nothing was changed.");
        }
        limits.returnPassword(me.handle(), request.getRemoteAddr());
        accounts.changePassword(
                present.orElseThrow(),
                passwords.hash(wanted.password()),
                request.getSession().getId());
        Sessions.keep(request);
    }
}
