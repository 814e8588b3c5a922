package dev.holdfast.ops;

import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What administrators do on /ops, in bulk. Each answers one {@code {outcome, detail, ...}} for every thing named. */
@WebSide
@RestController
@RequestMapping(path = "/api/ops", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Operations")
class RepairController {

    private static final int MOST = 10_000;

    record Generations(List<Long> ids) {}

    record Agents(List<String> agents) {}

    record Workers(List<String> workers) {}

    /** @param seconds how far back; null: a day */
    record Failed(String agent, @Nullable Long seconds) {}

    private final Repairs repairs;

    RepairController(Repairs repairs) {
        this.repairs = repairs;
    }

    @PostMapping("/retry")
    @Operation(summary = "Run generations again (ops.retry)")
    String retry(@RequestBody Generations which, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("retry generations");
        return repairs.retry(me.handle(), some("ids", which.ids()));
    }

    @PostMapping("/retry-failed")
    @Operation(summary = "Run again what an agent failed at lately (ops.retry_failed)")
    String retryFailed(@RequestBody Failed which, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("retry generations");
        if (which.agent() == null) throw Problem.invalid("The field \"agent\" is missing; name an agent's handle.");
        GenerationFilter.mustBeAnAge("seconds", which.seconds());
        return repairs.retryFailed(me.handle(), which.agent(), which.seconds() == null ? 86_400 : which.seconds());
    }

    @PostMapping("/cancel")
    @Operation(summary = "End queued and running generations, and give up failed ones (ops.cancel)")
    String cancel(@RequestBody Generations which, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("cancel generations");
        return repairs.cancel(me.handle(), some("ids", which.ids()));
    }

    @PostMapping("/pause")
    @Operation(summary = "Start nothing more of these agents (ops.pause_agent)")
    String pause(@RequestBody Agents which, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("pause agents");
        return repairs.pause(me.handle(), some("agents", which.agents()));
    }

    @PostMapping("/resume")
    @Operation(summary = "End the pause of these agents (ops.resume_agent)")
    String resume(@RequestBody Agents which, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("resume agents");
        return repairs.resume(me.handle(), some("agents", which.agents()));
    }

    @PostMapping("/drain")
    @Operation(summary = "Let workers finish and take nothing new (ops.drain_worker)")
    String drain(@RequestBody Workers which, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("drain workers");
        return repairs.drain(me.handle(), some("workers", which.workers()));
    }

    @PostMapping("/undrain")
    @Operation(summary = "Let draining workers take new generations again (ops.resume_worker)")
    String undrain(@RequestBody Workers which, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("take workers in again");
        return repairs.undrain(me.handle(), some("workers", which.workers()));
    }

    private static <T> List<T> some(String field, @Nullable List<T> named) {
        if (named == null || named.isEmpty() || named.contains(null)) {
            throw Problem.invalid("The field \"%s\" has to name at least one, and nothing else.".formatted(field));
        }
        if (named.size() > MOST) {
            throw Problem.invalid("\"%s\" names %d; %d at a time is the most. Split it, or use psql."
                    .formatted(field, named.size(), MOST));
        }
        return named;
    }
}
