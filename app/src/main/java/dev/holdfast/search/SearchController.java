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
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.springframework.dao.DataAccessException;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Finds messages in the channels that I am in. */
@WebSide
@RestController
@Tag(name = "Search")
class SearchController {

    private static final int LONGEST = 200;

    /** query_canceled: by the statement_timeout. */
    private static final String GIVEN_UP = "57014";

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    SearchController(JdbcClient jdbc, PlatformTransactionManager transactions) {
        this.jdbc = jdbc;
        this.transaction = new TransactionTemplate(transactions);
    }

    @GetMapping(path = "/api/search", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary =
                    "Messages with all these words (the last as a beginning) or this very text, newest first, as an array of Message",
            description =
                    "The very text, as a part of a word, is looked for in the newest 4 MB of what I may read, and in"
                            + " no more than a channel's latest 2,000 messages (who is in more than 25 channels: 50,000 of all)."
                            + " While two of my searches run, a third is 429; one that takes over 5 s is given up: 503.")
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
        try {
            return transaction.execute(status -> {
                take(me.id());
                return found(me.id(), wanted, limit);
            });
        } catch (DataAccessException e) {
            if (e.getRootCause() instanceof SQLException sql && GIVEN_UP.equals(sql.getSQLState())) throw tooLong();
            throw e;
        }
    }

    /** Nobody may wait any more for the answers to those that run: a browser that has given up is not noticed. */
    private static final String TAKE = """
            select chat.take_search(?)
            from set_config('statement_timeout', '5s', true)
            """;

    private void take(UUID account) {
        if (!jdbc.sql(TAKE).param(account).query(Boolean.class).single()) {
            throw Problem.tooMany(
                    "Two of your searches are still running. Wait a moment and search again.", Duration.ofSeconds(1));
        }
    }

    private static Problem tooLong() {
        return Problem.unavailable(
                "This search took the database too long and was given up. Search for longer words, or for more of them.",
                Duration.ofSeconds(2));
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
