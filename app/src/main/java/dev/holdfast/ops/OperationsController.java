package dev.holdfast.ops;

import dev.holdfast.security.SignedIn;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What operators and administrators see on /ops. */
@WebSide
@RestController
@RequestMapping(path = "/api/ops", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Operations")
class OperationsController {

    private final Operations operations;
    private final Samples samples;

    OperationsController(Operations operations, Samples samples) {
        this.operations = operations;
        this.samples = samples;
    }

    @GetMapping("/queue")
    @Operation(summary = "Per agent: queued, running, failed, oldest wait (ops.queue)")
    String queue(@AuthenticationPrincipal SignedIn me) {
        me.mustBeOperator("see the queue");
        return operations.queue();
    }

    @GetMapping("/generations")
    @Operation(
            summary =
                    "Generations, newest first (ops.generations); state may also be stuck (ops.stuck); by agent or channel among the last 100,000")
    String generations(
            @RequestParam @Nullable String state,
            @RequestParam @Nullable String agent,
            @RequestParam @Nullable String channel,
            @RequestParam @Nullable Long minAge,
            @RequestParam @Nullable Integer limit,
            @RequestParam @Nullable Long before,
            @AuthenticationPrincipal SignedIn me) {
        me.mustBeOperator("list generations");
        return operations.generations(
                new GenerationFilter(blank(state), blank(agent), blank(channel), minAge, limit, before));
    }

    @GetMapping("/generations/{id}")
    @Operation(summary = "A generation's whole story, without anything that was written")
    String story(@PathVariable long id, @AuthenticationPrincipal SignedIn me) {
        me.mustBeOperator("read a generation's story");
        return operations.story(id);
    }

    @GetMapping("/workers")
    @Operation(summary = "The worker processes (ops.workers)")
    String workers(@AuthenticationPrincipal SignedIn me) {
        me.mustBeOperator("see the workers");
        return operations.workers();
    }

    @GetMapping("/throughput")
    @Operation(summary = "The last minutes, oldest first (ops.throughput)")
    String throughput(@RequestParam(defaultValue = "60") int minutes, @AuthenticationPrincipal SignedIn me) {
        me.mustBeOperator("see the throughput");
        return operations.throughput(minutes);
    }

    @GetMapping("/audit")
    @Operation(summary = "What administrators did, newest first (ops.audit)")
    String audit(@RequestParam(defaultValue = "50") int limit, @AuthenticationPrincipal SignedIn me) {
        me.mustBeOperator("read the audit");
        return operations.audit(limit);
    }

    @GetMapping("/metrics")
    @Operation(
            summary =
                    "Samples of the last half hour, every 5 s: the queue (whole database), flushes and feed (this process)")
    Samples.Window metrics(@RequestParam(defaultValue = "0") long after, @AuthenticationPrincipal SignedIn me) {
        me.mustBeOperator("see the metrics");
        return samples.after(after);
    }

    private static @Nullable String blank(@Nullable String value) {
        return value == null || value.isBlank() ? null : value.strip();
    }
}
