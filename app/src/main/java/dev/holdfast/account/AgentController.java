package dev.holdfast.account;

import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Agents: everybody sees them, administrators make and change them. Keys and addresses of models are never here. */
@WebSide
@RestController
@RequestMapping(path = "/api/agents", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Agents")
class AgentController {

    private final Agents agents;

    AgentController(Agents agents) {
        this.agents = agents;
    }

    @GetMapping
    @Operation(summary = "All agents; to administrators with prompts and options, and the disabled ones too")
    @ApiResponse(
            responseCode = "200",
            content = @Content(array = @ArraySchema(schema = @Schema(implementation = Agents.AgentJson.class))))
    String all(@AuthenticationPrincipal SignedIn me) {
        return agents.all(me.administrator());
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    @Operation(summary = "Make an agent (administrators)")
    @ApiResponse(responseCode = "201", content = @Content(schema = @Schema(implementation = Agents.AgentJson.class)))
    String make(@RequestBody AgentChange wanted, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("make agents");
        mustHave("handle", wanted.handle());
        mustHave("provider", wanted.provider());
        mustHave("model", wanted.model());
        wanted.check();
        return agents.one(agents.make(me.id(), wanted));
    }

    private static void mustHave(String field, String value) {
        if (value == null || value.isBlank()) {
            throw Problem.invalid("An agent needs a %s: the field \"%s\" is missing.".formatted(field, field));
        }
    }

    @PatchMapping("/{id}")
    @Operation(summary = "Change an agent (administrators); running replies go on as they began")
    @ApiResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = Agents.AgentJson.class)))
    String change(@PathVariable UUID id, @RequestBody AgentChange change, @AuthenticationPrincipal SignedIn me) {
        me.mustBeAdministrator("change agents");
        change.check();
        agents.change(me.id(), id, change);
        return agents.one(id);
    }
}
