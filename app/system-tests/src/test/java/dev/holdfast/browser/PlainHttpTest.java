package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.parallel.Isolated;

/** Without TLS, on a network's own name, a browser gives no locks and no clipboard; all works nevertheless. */
@TestInstance(Lifecycle.PER_CLASS)
@Isolated("Chromium keeps both cores busy")
class PlainHttpTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person ben = holdfast.person("Ben");
    private final Person mira = holdfast.person("Mira").overPlainHttp();

    @AfterAll
    void close() {
        mira.close();
        ben.close();
    }

    @Test
    void code_is_copied_and_where_it_cannot_be_it_is_not_said_to_be() {
        var channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        ben.rest().write(channel, "```\nrm -rf ./build\n```").mustBe(201);
        mira.awaitText("rm -rf");
        var button = mira.page.locator(".copy");
        button.click();
        mira.page.locator(".copy >> text=/^Copied$/").waitFor();
        mira.page.locator(".copy >> text=/^Copy$/").waitFor();
        var field = mira.page.locator("hf-composer textarea");
        field.focus();
        field.press("Control+V");
        assertThat(field.inputValue().strip()).isEqualTo("rm -rf ./build");

        field.fill("");
        mira.evaluate("() => { document.execCommand = () => false; }", null);
        button.click();
        mira.page.locator(".copy >> text=Selected").waitFor();
        assertThat(mira.evaluate("() => getSelection().toString().trim()", null))
                .isEqualTo("rm -rf ./build");
    }
}
