package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The list follows what comes, whatever else takes room, until the reader goes up; and what one does in a growing reply works. */
@TestInstance(Lifecycle.PER_CLASS)
class FollowingTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person ben = holdfast.person("Ben");
    private String channel;

    @BeforeEach
    void open() {
        channel = holdfast.channel(mira, ben);
        mira.page.setViewportSize(1280, 800);
        mira.open(channel).live();
        holdfast.fill(channel, 40); // while she looks: nothing is new to her
        mira.awaitText("message 40");
        followed("opened");
    }

    @AfterAll
    void close() {
        mira.assertNoComplaints();
        mira.close();
        ben.close();
    }

    @Test
    void a_slow_move_upwards_leaves_the_end_while_a_reply_grows() {
        mira.write("@ada go on [[words=400 pace=40 kind=markdown]]");
        mira.awaitReply("streaming");
        mira.page.locator("hf-messages .scroller").hover();
        for (var n = 0; n < 60; n++) {
            mira.page.mouse().wheel(0, -8);
            mira.page.evaluate(
                    "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
        }
        eventually("what was read stays", Duration.ofSeconds(5), () -> fromBottom() > 300);
        mira.awaitReply("complete");
        assertThat(fromBottom()).isGreaterThan(300);
    }

    @Test
    void messages_of_others_beside_a_growing_reply_are_followed() {
        mira.write("@ada go on [[words=400 pace=40 kind=markdown]]");
        mira.awaitReply("streaming");
        for (var n = 1; n <= 8; n++) {
            ben.rest()
                    .write(channel, "so much\n\nto say\n\nat once\n\nand no\n\nend of it " + n)
                    .mustBe(201);
            mira.awaitText("end of it " + n);
            followed("message " + n);
        }
        mira.awaitReply("complete");
        followed("the whole reply");
    }

    @Test
    void a_keyboard_that_takes_room_leaves_the_newest_message_in_view() {
        mira.page.setViewportSize(390, 700);
        followed("a small window");
        mira.page.setViewportSize(390, 400);
        followed("half of it taken");
    }

    @Test
    void a_long_draft_covers_nothing_and_what_comes_is_still_followed() {
        var field = mira.page.locator("hf-composer textarea");
        field.focus();
        for (var n = 0; n < 6; n++) field.press("Shift+Enter");
        followed("a long draft");
        ben.rest().write(channel, "beneath the draft").mustBe(201);
        mira.awaitText("beneath the draft");
        followed("a message");
        field.press("x");
        ben.rest().write(channel, "and once more").mustBe(201);
        ben.rest().write(channel, "and that's it").mustBe(201);
        mira.awaitText("and that's it");
        followed("one more key, and two messages");
        field.fill("");
    }

    @Test
    void a_code_block_can_be_copied_and_selected_in_while_the_text_after_it_grows() {
        var same = mira.page.evaluate("""
                async () => {
                  const { Growing } = await import('/growing.js');
                  const root = document.body.appendChild(document.createElement('div'));
                  const growing = new Growing(root);
                  const frame = () => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 60));
                  let source = '```\\nkept\\n```\\n\\nand';
                  growing.show(source, { growing: true });
                  await frame();
                  const button = root.querySelector('button.copy');
                  const text = root.querySelector('code').firstChild;
                  getSelection().selectAllChildren(root.querySelector('code'));
                  button.textContent = 'Copied';
                  for (let n = 0; n < 5; n++) {
                    source += ' so on';
                    growing.show(source, { growing: true });
                    await frame();
                  }
                  source += '\\n\\nmore\\n\\nand **more**\\n\\nand the last';
                  growing.show(source, { growing: true });
                  await frame();
                  growing.show(source + ' words', { growing: false });
                  const result = [
                    root.querySelector('button.copy') === button, button.textContent, root.querySelector('code').firstChild === text, getSelection().toString().trim(),
                    root.innerText.includes('so on so on so on so on so on'), [...root.children].slice(1).map((each) => each.textContent).join('|'),
                  ];
                  growing.close();
                  root.remove();
                  return result.join();
                }""");
        assertThat(same)
                .isEqualTo(
                        "true,Copied,true,kept,true,and so on so on so on so on so on|more|and more|and the last words");
    }

    @Test
    void who_has_left_the_end_by_a_little_is_not_taken_back_when_a_message_far_above_grows() {
        mira.page.locator("hf-messages .scroller").hover();
        mira.page.mouse().wheel(0, -30);
        eventually("the end is left", Duration.ofSeconds(5), () -> fromBottom() == 30);
        holdfast.jdbc()
                .sql(
                        "update chat.message set content = repeat('longer ', 500) where channel_id = ?::uuid and content = 'message 1'")
                .param(channel)
                .update();
        mira.page.locator("hf-message >> text=longer longer").waitFor();
        mira.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
        assertThat(fromBottom()).isBetween(28.0, 32.0);
    }

    private void followed(String what) {
        eventually("the end is in view: " + what, Duration.ofSeconds(5), () -> fromBottom() < 5);
    }

    private double fromBottom() {
        Locator scroller = mira.page.locator("hf-messages .scroller");
        return ((Number) scroller.evaluate(
                        "({ scrollTop, scrollHeight, clientHeight }) => scrollHeight - scrollTop - clientHeight"))
                .doubleValue();
    }
}
