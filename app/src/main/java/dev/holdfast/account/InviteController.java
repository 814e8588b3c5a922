package dev.holdfast.account;

import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Bounds;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Administrators invite people. */
@WebSide
@RestController
@RequestMapping("/api/invites")
@Tag(name = "Invitations")
class InviteController {

    /**
     * @param days how long it can be used, 1 to 365; 7 if left out
     * @param maxUses how many people may join by it, 1 to 1000; 1 if left out
     */
    record Wanted(Integer days, Integer maxUses) {}

    private final Invites invites;

    InviteController(Invites invites) {
        this.invites = invites;
    }

    @GetMapping
    @Operation(summary = "All invitations, newest first (administrators)")
    List<Invites.Invite> all(@AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("see invitations");
        return invites.all();
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(summary = "Make an invitation; its code is shown this once (administrators)")
    Invites.NewInvite make(@RequestBody(required = false) Wanted wanted, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("invite people");
        var days = wanted == null || wanted.days() == null ? 7 : wanted.days();
        var maxUses = wanted == null || wanted.maxUses() == null ? 1 : wanted.maxUses();
        Bounds.within("days", days, 365);
        Bounds.within("maxUses", maxUses, 1000);
        return invites.make(me.id(), days, maxUses);
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "Revoke an invitation (administrators)")
    void revoke(@PathVariable UUID id, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("revoke invitations");
        invites.revoke(me.id(), id);
    }
}
