package dev.holdfast.channel;

import dev.holdfast.web.WebSide;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of channels and memberships. Whether somebody may is asked of chat.my_channel, in the same statement. */
@WebSide
@Component
class Channels {

    record PublicChannel(UUID id, String name, int members, boolean joined) {}

    record Member(UUID id, String handle, String displayName, String kind, String role) {}

    record Opened(UUID channelId, boolean created) {}

    private final JdbcClient jdbc;

    Channels(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    // offset 0: each account is looked up by its key; as a join all of them are read, once for each direct message
    private static final String MINE = """
            select coalesce(json_agg(json_build_object(
                     'id', c.id,
                     'name', c.name,
                     'kind', c.kind,
                     'role', m.role,
                     'seq', c.seq,
                     'unread', chat.unread(m),
                     'lastReadSeq', m.last_read_seq,
                     'memberCount', (select count(*) from chat.membership o where o.channel_id = c.id),
                     'members', case when c.kind = 'direct' then (
                         select json_agg(json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'kind', a.kind)
                                         order by a.handle)
                         from chat.membership o
                         cross join lateral (select * from chat.account a where a.id = o.account_id offset 0) a
                         where o.channel_id = c.id) end)
                   order by c.kind = 'direct', c.name, c.id), '[]')::text
            from chat.membership m
            join chat.channel c on c.id = m.channel_id
            where m.account_id = ?
              and (?::uuid is null or c.id = ?::uuid)
            """;

    /** A JSON array of {@link ChannelJson}. */
    String mine(UUID account) {
        return jdbc.sql(MINE)
                .param(account)
                .param(null)
                .param(null)
                .query(String.class)
                .single();
    }

    /** One of them: a JSON object. */
    String mine(UUID account, UUID channel) {
        var one = jdbc.sql(MINE)
                .params(account, channel, channel)
                .query(String.class)
                .single();
        return one.substring(1, one.length() - 1);
    }

    private static final String PUBLIC = """
            select c.id, c.name,
                   (select count(*)::int from chat.membership m where m.channel_id = c.id) as members,
                   exists (select from chat.membership m where m.channel_id = c.id and m.account_id = ?) as joined
            from chat.channel c
            where c.kind = 'public' and strpos(lower(c.name), lower(normalize(?))) > 0
            order by c.name
            limit 1000
            """;

    /** @param part of their names */
    List<PublicChannel> publicOnes(UUID account, String part) {
        return jdbc.sql(PUBLIC).params(account, part).query(PublicChannel.class).list();
    }

    UUID make(UUID maker, String name, boolean hidden) {
        return jdbc.sql("select chat.make_channel(?, ?, ?)")
                .params(maker, name, hidden ? "private" : "public")
                .query(UUID.class)
                .single();
    }

    Opened openDirect(UUID opener, List<String> handles) {
        return jdbc.sql("select channel_id, created from chat.open_direct(?, string_to_array(?, ' '))")
                .params(opener, String.join(" ", handles))
                .query(Opened.class)
                .single();
    }

    private static final String MEMBERS = """
            select a.id, a.handle, a.display_name, a.kind, m.role
            from chat.membership m
            join chat.account a on a.id = m.account_id
            where m.channel_id = chat.my_channel(?, ?)
            order by a.handle
            """;

    List<Member> members(UUID channel, UUID account) {
        return jdbc.sql(MEMBERS).params(channel, account).query(Member.class).list();
    }

    void add(UUID channel, UUID adder, String handle) {
        jdbc.sql("select chat.add_member(?, ?, ?)")
                .params(channel, adder, handle)
                .query()
                .listOfRows();
    }

    void remove(UUID channel, UUID remover, String handle) {
        jdbc.sql("select chat.remove_member(?, ?, ?)")
                .params(channel, remover, handle)
                .query()
                .listOfRows();
    }

    void rename(UUID channel, UUID renamer, String name) {
        jdbc.sql("select chat.rename_channel(?, ?, ?)")
                .params(channel, renamer, name)
                .query()
                .listOfRows();
    }

    void markRead(UUID channel, UUID reader, long seq) {
        jdbc.sql("select chat.mark_read(?, ?, ?)")
                .params(channel, reader, seq)
                .query()
                .listOfRows();
    }
}
