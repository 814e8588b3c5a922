package dev.holdfast.channel;

import static java.util.stream.Collectors.joining;

import dev.holdfast.web.WebSide;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The doors to messages. They are functions of the database, which check membership and build the JSON. */
@WebSide
@Component
class Messages {

    /** @param created false if the id was there before: the same message again */
    record Posted(boolean created, String message) {}

    private final JdbcClient jdbc;

    Messages(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    private static final String POST = """
            select created, message::text as message
            from chat.post_message(?::uuid, ?::uuid, ?::uuid, ?::text, ?::uuid)
            """;

    Posted post(UUID id, UUID channel, UUID author, String content, UUID replyTo) {
        return jdbc.sql(POST)
                .params(id, channel, author, content, replyTo)
                .query(Posted.class)
                .single();
    }

    /** The message that was posted so before. */
    Optional<String> posted(UUID id, UUID channel, UUID author) {
        return jdbc.sql(ONE + " and m.channel_id = ? and m.author_id = ?")
                .params(author, id, channel, author)
                .query(String.class)
                .optional();
    }

    /** @param next what the page after this one is before; null: there is none */
    record Page(String messages, @Nullable Long next) {}

    private static final String HISTORY = """
            with page as materialized (
              select chat.history(chat.my_channel(?, ?), ?::bigint, ?) as messages
            )
            select page.messages::text as messages, (
              select last.position
              from chat.message last
              where last.id = (page.messages -> -1 ->> 'id')::uuid
                and exists (select from chat.message m where m.channel_id = last.channel_id and m.position < last.position)
            ) as next
            from page
            """;

    /** @param before only messages with a lower position; null: the newest */
    Page history(UUID channel, UUID account, @Nullable Long before, int max) {
        return jdbc.sql(HISTORY)
                .param(channel)
                .param(account)
                .param(before)
                .param(max)
                .query(Page.class)
                .single();
    }

    private static final String CHANGES = """
            select chat.changes(chat.my_channel(?, ?), ?, ?::text::uuid[])::text
            """;

    /** @param seen of what the client has read; where the channel lacks one of them, seq is 0 */
    String changes(UUID channel, UUID account, long after, List<UUID> seen) {
        return json(
                CHANGES,
                channel,
                account,
                after,
                seen.stream().map(UUID::toString).collect(joining(",", "{", "}")));
    }

    private static final String ONE = """
            select chat.message_json(m)::text
            from chat.message m
            join chat.membership mine on mine.channel_id = m.channel_id and mine.account_id = ?
            where m.id = ?
            """;

    Optional<String> one(UUID message, UUID account) {
        return jdbc.sql(ONE).params(account, message).query(String.class).optional();
    }

    String edit(UUID message, UUID account, String content) {
        return json("select chat.edit_message(?::uuid, ?::uuid, ?)::text", message, account, content);
    }

    String delete(UUID message, UUID account) {
        return json("select chat.delete_message(?::uuid, ?::uuid)::text", message, account);
    }

    /** @param queuedAt of the run that is meant; another one is left as it is. Null: whichever there is. */
    String stop(UUID message, UUID account, @Nullable OffsetDateTime queuedAt) {
        return json("select chat.stop(?::uuid, ?::uuid, ?::timestamptz)::text", message, account, queuedAt);
    }

    /** @param queuedAt as for {@link #stop} */
    String retry(UUID message, UUID account, @Nullable OffsetDateTime queuedAt) {
        return json("select chat.retry(?::uuid, ?::uuid, ?::timestamptz)::text", message, account, queuedAt);
    }

    private String json(String sql, @Nullable Object... parameters) {
        return jdbc.sql(sql).params(parameters).query(String.class).single();
    }
}
