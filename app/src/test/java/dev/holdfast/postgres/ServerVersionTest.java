package dev.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.StartFailure;
import org.junit.jupiter.api.Test;

class ServerVersionTest {

    @Test
    void a_server_that_is_too_old_is_named_with_what_is_needed() {
        assertThatThrownBy(() -> Databases.requireRecent(14))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("PostgreSQL 14")
                .hasMessageContaining("15 or newer");
        assertThatCode(() -> Databases.requireRecent(15)).doesNotThrowAnyException();
    }
}
