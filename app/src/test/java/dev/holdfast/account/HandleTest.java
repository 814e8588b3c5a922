package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandleTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bob",
                "@bob",
                " @Bob ",
                "@ bob",
                "@\t\u2003bob",
                "@@bob",
                " @ @ bob",
                "@\nBOB\r",
                "\u001c@\u001fbob"
            })
    void a_person_is_the_same_however_the_handle_is_typed(String typed) {
        assertThat(Handle.normal(typed)).isEqualTo("bob");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "@",
                "@ @",
                "bob@",
                "@ bob @",
                "b ob",
                "@\u00a0bob",
                "\u00a0@ bob",
                "@\u0130bob",
                "@ \u03a3\u03a3",
                "@\u0000 bob",
                "@\ufeff@bob",
                "\ud83d@bob"
            })
    void what_is_normal_stays_as_it_is(String typed) {
        var normal = Handle.normal(typed);
        assertThat(Handle.normal(normal)).isEqualTo(normal);
    }
}
