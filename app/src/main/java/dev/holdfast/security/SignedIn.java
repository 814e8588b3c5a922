package dev.holdfast.security;

import dev.holdfast.web.Problem;
import java.util.UUID;
import org.springframework.security.core.AuthenticatedPrincipal;

/** Who asks: read anew from the account's row at every request, so a changed role or a disabled account counts at once. */
public record SignedIn(UUID id, String handle, String displayName, String role) implements AuthenticatedPrincipal {

    @Override
    public String getName() {
        return id.toString();
    }

    public boolean administrator() {
        return role.equals("administrator");
    }

    /** @param deed what is about to be done, as in "invite people" */
    public void mustBeAdministrator(String deed) {
        if (!administrator()) {
            throw Problem.forbidden(
                    "Only administrators may %s, and @%s is none. Ask one of them.".formatted(deed, handle));
        }
    }

    /** @param deed what is about to be done, as in "see the queue" */
    public void mustBeOperator(String deed) {
        if (!administrator() && !role.equals("operator")) {
            throw Problem.forbidden(
                    "Only operators and administrators may %s, and @%s is neither. Ask an administrator."
                            .formatted(deed, handle));
        }
    }
}
