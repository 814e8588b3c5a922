package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class PasswordsTest {

    private final Passwords passwords = new Passwords();

    @Test
    void the_hash_of_no_account_costs_what_a_real_one_costs_and_no_password_opens_it() {
        var real = passwords.hash("long enough");
        var parameters = real.substring(0, real.indexOf("p="));
        assertThat(Passwords.NOBODYS).startsWith(parameters).hasSameSizeAs(real);
        assertThat(passwords.matches("long enough", Optional.of(real))).isTrue();
        assertThat(passwords.matches("long enough", Optional.of(Passwords.NOBODYS)))
                .isFalse();
        assertThat(passwords.matches("", Optional.empty())).isFalse();
    }
}
