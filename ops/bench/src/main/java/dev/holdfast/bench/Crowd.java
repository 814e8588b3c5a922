package dev.holdfast.bench;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Many people who are signed in: their rows are written as sign-in writes them, because signing 5,000 in with Argon2
 * would take the machine minutes.
 */
final class Crowd {

    private final JdbcTemplate jdbc;

    Crowd(Server.Database database) {
        jdbc = new JdbcTemplate(database.dataSource());
    }

    UUID channel(String name) {
        return requireNonNull(
                jdbc.queryForObject("insert into chat.channel (name) values (?) returning id", UUID.class, name));
    }

    /** @return the Cookie header of each person's browser; all are members of the channels */
    List<String> signIn(int people, String prefix, UUID... channels) {
        jdbc.update("""
                with people as (
                  insert into chat.account (handle, display_name)
                  select ? || n, 'Person ' || n from generate_series(1, ?) n
                  returning id
                ), sessions as (
                  insert into chat.session (primary_id, session_id, creation_time, last_access_time, max_inactive_interval,
                    expiry_time, principal_name)
                  select gen_random_uuid(), gen_random_uuid(), now.ms, now.ms, 2592000, now.ms + 2592000000, p.id::text
                  from people p, (select (extract(epoch from now()) * 1000)::bigint as ms) now
                  returning primary_id, principal_name
                )
                insert into chat.session_attributes (session_primary_id, attribute_name, attribute_bytes)
                select s.primary_id, a.name, a.bytes
                from sessions s
                cross join lateral (values
                  ('org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME', convert_to(s.principal_name, 'UTF8')),
                  ('userAgent', convert_to('bench', 'UTF8'))) a(name, bytes)
                """, prefix, people);
        for (var channel : channels) {
            jdbc.update(
                    "insert into chat.membership (channel_id, account_id) select ?, id from chat.account where handle like ?",
                    channel,
                    prefix + "%");
        }
        // as the database would do within a minute; until then it plans for a few people
        jdbc.execute("analyze");
        var sessions = jdbc.queryForList("""
                select s.session_id from chat.session s join chat.account a on a.id::text = s.principal_name where a.handle like ?
                """, String.class, prefix + "%");
        return sessions.stream().map(Crowd::cookie).toList();
    }

    /** People who are in every channel they could be: an account that posts through SQL. */
    void post(String channel, String handle, String content) {
        jdbc.queryForList("select chat.post(?, ?, ?)", channel, handle, content);
    }

    private static String cookie(String session) {
        return "HOLDFAST=" + Base64.getEncoder().encodeToString(session.strip().getBytes(StandardCharsets.UTF_8))
                + "; XSRF-TOKEN=" + UUID.randomUUID();
    }
}
