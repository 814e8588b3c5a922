package dev.holdfast.account;

import dev.holdfast.web.WebSide;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of accounts and their credentials. */
@WebSide
@Component
class Accounts {

    /** @param disabled whether the account was closed by an administrator */
    record Account(UUID id, String handle, String displayName, String kind, String role, boolean disabled) {}

    /** @param link the address of the page goes in front; shown this once */
    record ResetLink(String link, OffsetDateTime validUntil) {}

    /** @param since when this password was chosen, as the database writes it */
    record Credential(UUID accountId, String passwordHash, String since) {}

    private final JdbcClient jdbc;

    Accounts(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    private static final String SETUP_NEEDED = """
            select not exists (select from chat.account where kind = 'human')
            """;

    boolean setupNeeded() {
        return jdbc.sql(SETUP_NEEDED).query(Boolean.class).single();
    }

    boolean isPerson(@Nullable String handle) {
        return jdbc.sql("select exists (select from chat.account where handle = ? and kind = 'human')")
                .param(Handle.normal(handle))
                .query(Boolean.class)
                .single();
    }

    UUID setUp(@Nullable String handle, @Nullable String displayName, String passwordHash) {
        var made = Handle.of(handle);
        return jdbc.sql("select chat.set_up(?, ?, ?)")
                .params(made, DisplayName.orHandle(displayName, made), passwordHash)
                .query(UUID.class)
                .single();
    }

    UUID join(byte[] codeHash, String handle, String displayName, String passwordHash) {
        var made = Handle.of(handle);
        return jdbc.sql("select chat.join_by_invite(?, ?, ?, ?)")
                .params(codeHash, made, DisplayName.orHandle(displayName, made), passwordHash)
                .query(UUID.class)
                .single();
    }

    private static final String CREDENTIAL = """
            select c.account_id, c.password_hash, c.changed_at::text as since
            from chat.account a
            join chat.credential c on c.account_id = a.id
            where a.handle = ?
              and a.kind = 'human'
              and a.disabled_at is null
            """;

    /** @param handle as the tries for it were counted */
    Optional<Credential> credential(String handle) {
        return jdbc.sql(CREDENTIAL).param(handle).query(Credential.class).optional();
    }

    private static final String BY_ID = """
            select id, handle, display_name, kind, role, disabled_at is not null as disabled
            from chat.account
            where id = ?
            """;

    Account byId(UUID id) {
        return jdbc.sql(BY_ID).param(id).query(Account.class).single();
    }

    private static final String BY_PREFIX = """
            select id, handle, display_name, kind, role, disabled_at is not null as disabled
            from chat.account
            where (starts_with(handle, ?) or starts_with(lower(display_name), ?))
              and (disabled_at is null or ?)
            order by starts_with(handle, ?) desc, handle
            limit ?
            """;

    /** @param disabledToo also the accounts that were closed: administrators may open them again */
    List<Account> byPrefix(String prefix, boolean disabledToo, int max) {
        var normal = Handle.normal(prefix);
        return jdbc.sql(BY_PREFIX)
                .params(normal, normal, disabledToo, normal, max)
                .query(Account.class)
                .list();
    }

    void changeProfile(UUID person, String displayName) {
        jdbc.sql("select chat.change_profile(?, ?)")
                .params(person, displayName)
                .query()
                .listOfRows();
    }

    /** In place of the one that was checked; all sessions of the person but this one end. */
    void changePassword(Credential checked, String passwordHash, String session) {
        jdbc.sql("select chat.change_password(?, ?, ?, ?)")
                .params(checked.accountId(), checked.passwordHash(), passwordHash, session)
                .query()
                .listOfRows();
    }

    /** Names who acts for the audit first; the lateral join keeps that order. */
    private static final String RESET_LINK = """
            with actor as materialized (select set_config('holdfast.actor', ?, true) as handle)
            select r.link, r.valid_until
            from actor
            left join chat.account a on a.id = ?
            cross join lateral ops.reset_password(case when actor.handle <> '' then coalesce(a.handle, ?) end) r
            """;

    ResetLink resetLink(String administrator, UUID person) {
        return jdbc.sql(RESET_LINK)
                .params(administrator, person, person.toString())
                .query(ResetLink.class)
                .single();
    }

    /** Raises the sentence that says why the code of a link cannot be used. */
    void mustBeResettable(byte[] codeHash) {
        jdbc.sql("select chat.usable_reset(?)").param(codeHash).query().listOfRows();
    }

    /** The time of its transaction is that of the new password. */
    private static final String RESET_PASSWORD = """
            select chat.reset_password(?, ?) as account_id, ?::text as password_hash, now()::text as since
            """;

    Credential resetPassword(byte[] codeHash, String passwordHash) {
        return jdbc.sql(RESET_PASSWORD)
                .params(codeHash, passwordHash, passwordHash)
                .query(Credential.class)
                .single();
    }

    void change(UUID administrator, UUID person, String role, Boolean disabled) {
        jdbc.sql("select chat.change_person(?, ?, ?::text, ?::boolean)")
                .params(administrator, person, role, disabled)
                .query()
                .listOfRows();
    }
}
