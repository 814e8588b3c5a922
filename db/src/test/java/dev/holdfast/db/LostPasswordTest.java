package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The link for somebody who lost the password. */
class LostPasswordTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final UUID root = chat.one(UUID.class, "select chat.make_person('root', 'Root', 'old', 'administrator')");

    @Test
    void it_replaces_the_password_once_ends_all_sessions_of_that_person_and_is_audited() {
        session(root);
        session(chat.account("mira"));
        var code = code("@Root");
        assertThat(password()).as("until the link is used").isEqualTo("old");

        assertThat(use(code)).isEqualTo(root);

        assertThat(password()).isEqualTo("new");
        assertThat(chat.one(String.class, "select string_agg(principal_name, ',') from chat.session"))
                .isEqualTo(chat.account("mira").toString());
        assertThat(
                        chat.one(
                                String.class,
                                "select string_agg(concat_ws(' ', actor = session_user, action, subject), ', ' order by id) from ops.audit"))
                .isEqualTo("t reset_password account root, f choose_password account root");
        assertThat(Refusals.of(() -> use(code))).startsWith("HF404").contains("not known");
    }

    @Test
    void its_code_is_nowhere_in_the_database() {
        var code = code("root");
        assertThat(code).matches("[A-Za-z0-9_-]{22}");
        assertThat(
                        chat.one(
                                String.class,
                                "select (select string_agg(c::text, '') from chat.credential c) || (select string_agg(u::text, '') from chat.audit u)"))
                .doesNotContain(code);
    }

    @Test
    void a_newer_one_a_day_or_a_changed_password_ends_it() {
        var first = code("root");
        var second = code("root");
        assertThat(Refusals.of(() -> use(first))).startsWith("HF404");
        chat.run("update chat.credential set reset_until = reset_until - interval '1 day'");
        assertThat(Refusals.of(() -> use(second))).startsWith("HF409").contains("expired");
        var third = code("root");
        chat.one(Long.class, "select count(*) from chat.change_password(?, 'changed')", root);
        assertThat(Refusals.of(() -> use(third))).startsWith("HF404");
        assertThat(password()).isEqualTo("changed");
    }

    @Test
    void a_closed_account_stays_closed() {
        var code = code("root");
        chat.run("update chat.account set disabled_at = now() where handle = 'root'");
        assertThat(Refusals.of(() -> use(code))).startsWith("HF409").contains("closed");
        assertThat(Refusals.of(() -> code("root"))).startsWith("HF409").contains("closed");
    }

    @Test
    void a_removed_administrator_leaves_no_link_and_no_invitation_behind() {
        for (var removal : List.of("'member', null", "null, true")) {
            var removed = administrator("a" + removal.length());
            var link = code("root");
            var invite = chat.one(UUID.class, MAKE_INVITE, removed);
            var roots = chat.one(UUID.class, MAKE_INVITE, root);

            chat.one(Long.class, "select count(*) from chat.change_person(?, ?, %s)".formatted(removal), root, removed);

            assertThat(Refusals.of(() -> use(link)))
                    .as(removal)
                    .startsWith("HF404")
                    .contains("not known");
            assertThat(revoked(invite)).as(removal).isTrue();
            assertThat(revoked(roots)).as("of who stays").isFalse();
            assertThat(chat.count("ops.audit where action = 'revoke_invite' and subject = 'invite " + invite + "'"))
                    .isOne();
        }
        assertThat(password()).isEqualTo("old");
    }

    @Test
    void a_closed_account_is_not_opened_by_a_link_from_before_and_takes_nobody_else_s_link_along() {
        var lost = chat.one(UUID.class, "select chat.make_person('lost', 'Lost', 'old', 'member')");
        var link = code("lost");
        var roots = code("root");
        for (var closed : List.of(true, false)) {
            chat.one(Long.class, "select count(*) from chat.change_person(?, ?, null, ?)", root, lost, closed);
        }
        assertThat(Refusals.of(() -> use(link))).startsWith("HF404");
        assertThat(use(roots)).isEqualTo(root);
    }

    @Test
    void a_change_that_leaves_an_administrator_one_takes_no_link_back() {
        var other = administrator("other");
        var link = code("root");
        chat.one(Long.class, "select count(*) from chat.change_person(?, ?, 'administrator', false)", root, other);
        assertThat(use(link)).isEqualTo(root);
    }

    @Test
    void nobody_else_has_one() {
        assertThat(Refusals.of(() -> code("ada"))).startsWith("HF404");
        assertThat(Refusals.of(() -> code("nobody"))).startsWith("HF404").contains("nobody");
        assertThat(Refusals.of(() -> use(""))).startsWith("HF404");
    }

    private static final String MAKE_INVITE =
            "select chat.make_invite(?, sha256(uuid_send(gen_random_uuid())), '1 year', 1000)";

    private UUID administrator(String handle) {
        return chat.one(UUID.class, "select chat.make_person(?, 'Other', 'old', 'administrator')", handle);
    }

    private boolean revoked(UUID invite) {
        return chat.one(Boolean.class, "select revoked_at is not null from chat.invite where id = ?", invite);
    }

    private String code(String handle) {
        var link = chat.one(
                String.class,
                "select link from ops.reset_password(?) where valid_until = now() + interval '1 day'",
                handle);
        assertThat(link).startsWith("/reset#");
        return link.substring("/reset#".length());
    }

    private UUID use(String code) {
        return chat.one(UUID.class, "select chat.reset_password(sha256(convert_to(?, 'UTF8')), 'new')", code);
    }

    private String password() {
        return chat.one(String.class, "select password_hash from chat.credential where account_id = ?", root);
    }

    private void session(UUID account) {
        chat.run(
                "insert into chat.session values (gen_random_uuid(), gen_random_uuid(), 0, 0, 0, 9e15, ?)",
                account.toString());
    }
}
