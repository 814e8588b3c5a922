package dev.holdfast.account;

import dev.holdfast.security.Limits;
import dev.holdfast.security.Sessions;
import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Bounds;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Everybody's accounts: joining, finding, and what administrators change. */
@WebSide
@RestController
@RequestMapping("/api/accounts")
@Tag(name = "Accounts")
class AccountController {

    private static final Set<String> ROLES = Set.of("member", "operator", "administrator");

    record Joining(String invite, String handle, String displayName, String password) {}

    /** What is left out stays as it is. */
    record Change(String role, Boolean disabled) {}

    private final Accounts accounts;
    private final Invites invites;
    private final Passwords passwords;
    private final Sessions sessions;
    private final Limits limits;

    AccountController(Accounts accounts, Invites invites, Passwords passwords, Sessions sessions, Limits limits) {
        this.accounts = accounts;
        this.invites = invites;
        this.passwords = passwords;
        this.sessions = sessions;
        this.limits = limits;
    }

    @GetMapping
    @Operation(summary = "People and agents whose handle or name begins so, as for completing a mention")
    List<Accounts.Account> find(
            @RequestParam(defaultValue = "") String prefix,
            @RequestParam(defaultValue = "10") int limit,
            @AuthenticationPrincipal SignedIn me) {
        Bounds.within("limit", limit, 500);
        return accounts.byPrefix(prefix, me.administrator(), limit);
    }

    @PostMapping
    @SecurityRequirements
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(summary = "Join by an invitation, and be signed in")
    Person join(@RequestBody Joining joining, HttpServletRequest request, HttpServletResponse response) {
        limits.takeJoining(request.getRemoteAddr());
        invites.mustBeUsable(joining.invite());
        var hash = passwords.hash(joining.password());
        var id = accounts.join(Invites.hash(joining.invite()), joining.handle(), joining.displayName(), hash);
        sessions.begin(id, request, response);
        return Person.of(accounts.byId(id));
    }

    @PatchMapping("/{id}")
    @Operation(summary = "Change a person's role, or close the account and end its sessions (administrators)")
    Accounts.Account change(@PathVariable UUID id, @RequestBody Change change, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("change accounts");
        if (change.role() != null && !ROLES.contains(change.role())) {
            throw Problem.invalid(
                    "\"%s\" is not a role; there are member, operator and administrator.".formatted(change.role()));
        }
        accounts.change(me.id(), id, change.role(), change.disabled());
        return accounts.byId(id);
    }

    @PostMapping("/{id}/reset")
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(
            summary =
                    "Make a link for a person who lost the password: shown this once, good for a day and one new password (administrators)")
    Accounts.ResetLink reset(@PathVariable UUID id, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("reset passwords");
        return accounts.resetLink(me.handle(), id);
    }
}
