package dev.holdfast.search;

import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Bounds;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.UUID;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Finds messages in the channels that I am in. */
@WebSide
@RestController
@Tag(name = "Search")
class SearchController {

    private static final int LONGEST = 200;

    private final JdbcClient jdbc;

    SearchController(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @GetMapping(path = "/api/search", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary =
                    "Messages with all these words (the last as a beginning) or this very text, newest first, as an array of Message")
    @ApiResponse(
            responseCode = "200",
            content = @Content(array = @ArraySchema(schema = @Schema(ref = "#/components/schemas/Message"))))
    String search(
            @RequestParam String q,
            @RequestParam(defaultValue = "50") int limit,
            @AuthenticationPrincipal SignedIn me) {
        var wanted = q.strip();
        if (wanted.isEmpty() || wanted.length() > LONGEST || wanted.indexOf('\0') >= 0) {
            throw Problem.invalid("The parameter \"q\" must have 1 to %d characters to search for.".formatted(LONGEST));
        }
        Bounds.within("limit", limit, 200);
        return found(me.id(), wanted, limit);
    }

    private static final String FOUND = """
            select chat.search(?, ?, ?)::text
            """;

    private String found(UUID account, String wanted, int limit) {
        return jdbc.sql(FOUND)
                .params(account, wanted, limit)
                .query(String.class)
                .single();
    }
}
