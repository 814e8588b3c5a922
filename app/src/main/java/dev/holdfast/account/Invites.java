package dev.holdfast.account;

import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.media.Schema;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of invitations: of a code, 128 random bits, only the SHA-256 is kept. */
@WebSide
@Component
class Invites {

    record Invite(
            UUID id,
            String createdBy,
            OffsetDateTime createdAt,
            OffsetDateTime expiresAt,
            int maxUses,
            int uses,
            @Schema(nullable = true) OffsetDateTime revokedAt) {}

    /** @param code what the invited person needs; shown this once */
    record NewInvite(UUID id, String code, OffsetDateTime createdAt, OffsetDateTime expiresAt, int maxUses, int uses) {}

    private final JdbcClient jdbc;
    private final SecureRandom random = new SecureRandom();

    Invites(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    private static final String ALL = """
            select i.id, a.handle as created_by, i.created_at, i.expires_at, i.max_uses, i.uses, i.revoked_at
            from chat.invite i
            join chat.account a on a.id = i.created_by
            order by i.revoked_at is null and i.expires_at > now() and i.uses < i.max_uses desc, i.created_at desc
            limit 500
            """;

    /** Those that can be used first, then the newest 500 in all. */
    List<Invite> all() {
        return jdbc.sql(ALL).query(Invite.class).list();
    }

    NewInvite make(UUID administrator, int days, int maxUses) {
        var bits = new byte[16];
        random.nextBytes(bits);
        var code = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
        var id = jdbc.sql("select chat.make_invite(?, ?, make_interval(days => ?), ?)")
                .params(administrator, hash(code), days, maxUses)
                .query(UUID.class)
                .single();
        var made = jdbc.sql(ONE).param(id).query(Invite.class).single();
        return new NewInvite(id, code, made.createdAt(), made.expiresAt(), made.maxUses(), made.uses());
    }

    private static final String ONE = """
            select i.id, a.handle as created_by, i.created_at, i.expires_at, i.max_uses, i.uses, i.revoked_at
            from chat.invite i
            join chat.account a on a.id = i.created_by
            where i.id = ?
            """;

    void revoke(UUID administrator, UUID invite) {
        jdbc.sql("select chat.revoke_invite(?, ?)")
                .params(administrator, invite)
                .query()
                .listOfRows();
    }

    /** Raises the sentence that says why it cannot be used. */
    void mustBeUsable(String code) {
        jdbc.sql("select chat.usable_invite(?)").param(hash(code)).query().listOfRows();
    }

    static byte[] hash(String code) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest((code == null ? "" : code.strip()).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
