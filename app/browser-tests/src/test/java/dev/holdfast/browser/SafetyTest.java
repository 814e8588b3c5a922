package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What people and models write is shown, never executed, and loads nothing from elsewhere. */
@TestInstance(Lifecycle.PER_CLASS)
class SafetyTest {

    private static final List<String> ATTEMPTS = List.of(
            "<script>window.pwned = 1</script>",
            "<img src=x onerror=\"window.pwned = 1\">",
            "<svg/onload=window.pwned=1>",
            "<iframe srcdoc=\"<script>parent.pwned=1</script>\"></iframe>",
            "<a href=\"javascript:window.pwned=1\">click</a>",
            "[click](javascript:window.pwned=1)",
            "[click](JaVaScRiPt:window.pwned=1)",
            "[click](data:text/html,<script>window.pwned=1</script>)",
            "[click](vbscript:x)",
            "![picture](https://elsewhere.example/track.png)",
            "![x](https://elsewhere.example/a.png\"onerror=\"window.pwned=1)",
            "[![nested](https://elsewhere.example/b.png)](https://elsewhere.example/c)",
            "<style>* { display: none }</style><link rel=stylesheet href=https://elsewhere.example/x.css>",
            "```html\n<script>window.pwned = 1</script>\n```",
            "```\"><img src=x onerror=window.pwned=1>\ncode\n```",
            "`<img src=x onerror=window.pwned=1>`",
            "| <img src=x onerror=window.pwned=1> |\n|---|\n| <script>window.pwned=1</script> |",
            "[ref]: javascript:window.pwned=1\n\n[ref]",
            "<math><mtext></form><form><mglyph><style></math><img src onerror=window.pwned=1>",
            "@ada\"><script>window.pwned=1</script>",
            "https://elsewhere.example/\"onmouseover=\"window.pwned=1",
            "<http://elsewhere.example/<script>window.pwned=1</script>>",
            "&lt;img src=x onerror=window.pwned=1&gt;",
            "[good.example](https://evil.example/login)");

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person eve = holdfast.person("Eve");

    @AfterAll
    void close() {
        mira.close();
        eve.close();
    }

    @Test
    void no_attempt_runs_a_script_or_loads_anything() {
        var channel = holdfast.channel(mira, eve);
        var asked = new ArrayList<String>();
        mira.page.onRequest(request -> asked.add(request.url()));
        mira.page.onDialog(dialog -> {
            asked.add("a dialog: " + dialog.message());
            dialog.dismiss();
        });
        mira.open(channel).live();
        eve.open(channel).live();
        ATTEMPTS.forEach(attempt -> eve.rest().write(channel, attempt).mustBe(201));
        mira.page.waitForFunction(
                "(count) => document.querySelectorAll('hf-message').length >= count", ATTEMPTS.size());
        eve.rest().write(channel, "done").mustBe(201);
        mira.awaitText("done");
        mira.page.locator("hf-message").first().hover();

        assertThat(mira.page.evaluate("() => window.pwned")).isNull();
        assertThat(asked)
                .allMatch(url -> URI.create(url.split("[#?]")[0]).getHost().equals("127.0.0.1"));
        assertThat(mira.page
                        .locator(".text")
                        .locator("script, img, svg, iframe, style, link, form, math, object")
                        .count())
                .isZero();
        assertThat(mira.page.evaluate("""
                () => [...document.querySelectorAll('.text a')].map((a) => a.protocol).filter((each) => !['http:', 'https:', 'mailto:'].includes(each)).length""")).isEqualTo(0);
        assertThat(mira.page.evaluate("""
                () => [...document.querySelectorAll('.text *')].flatMap((each) => each.getAttributeNames()).filter((each) => each.startsWith('on') || each === 'style').length""")).isEqualTo(0);
        mira.assertNoComplaints();
    }

    @Test
    void a_link_shows_where_it_goes_and_opens_without_an_opener() {
        var channel = holdfast.channel(mira, eve);
        mira.open(channel).live();
        eve.rest()
                .write(
                        channel,
                        "[good.example](https://evil.example/login) and ![a cat](https://pictures.example/cat.png)")
                .mustBe(201);
        mira.awaitText("good.example");
        var text = mira.page.locator("hf-message .text").last();
        assertThat(text.innerText())
                .contains("evil.example")
                .contains("pictures.example")
                .contains("a cat");
        assertThat(text.locator("a").all()).hasSize(2).allSatisfy(link -> {
            assertThat(link.getAttribute("rel")).contains("noopener").contains("noreferrer");
            assertThat(link.getAttribute("target")).isEqualTo("_blank");
            assertThat(link.getAttribute("title")).startsWith("https://");
        });
    }

    /** The first name is written in letters that look like those of another one. */
    @Test
    void an_address_that_reads_like_another_one_shows_where_it_goes() {
        var channel = holdfast.channel(mira, eve);
        mira.open(channel).live();
        var addresses = List.of(
                "https://xn--80ak6aa92e.com/login",
                "https://\u0430\u0440\u0440\u04cf\u0435.com/login",
                "<https://\u0430\u0440\u0440\u04cf\u0435.com/login>",
                "https://google.com@evil.example/x",
                "https://google.com@g/",
                "https://plain.example/x",
                "<mailto:mira@plain.example>");
        addresses.forEach(each -> eve.rest().write(channel, each).mustBe(201));
        mira.page.waitForFunction("(count) => document.querySelectorAll('.text a').length === count", addresses.size());
        assertThat(mira.page
                        .locator("hf-message .text")
                        .evaluateAll("all => all.map((each) => each.querySelector('.destination')?.textContent ?? '')"))
                .isEqualTo(List.of(
                        "xn--80ak6aa92e.com", "xn--80ak6aa92e.com", "xn--80ak6aa92e.com", "evil.example", "g", "", ""));
    }

    @Test
    void a_text_that_turns_direction_does_not_turn_the_host_that_a_link_shows() {
        var channel = holdfast.channel(mira, eve);
        mira.open(channel).live();
        eve.rest()
                .write(channel, "[\u202egood](https://evil.example/login) end of the turned")
                .mustBe(201);
        mira.awaitText("end of the turned");
        var letters = (List<?>) mira.page.evaluate("""
                () => {
                  const host = [...document.querySelectorAll('.text .destination')].at(-1).firstChild;
                  return [...host.data].map((_, at) => {
                    const range = document.createRange();
                    range.setStart(host, at);
                    range.setEnd(host, at + 1);
                    return range.getBoundingClientRect().left;
                  });
                }""");
        assertThat(letters.stream().map(left -> ((Number) left).doubleValue()))
                .as("from left to right")
                .hasSize("evil.example".length())
                .isSorted();
    }

    /** Anybody may take any name; on a narrow screen a long one gives way. */
    @Test
    void the_head_of_a_message_says_whose_handle_it_is_unless_the_name_does() {
        var channel = holdfast.channel(mira, eve);
        eve.rest().write(channel, "by a long name").mustBe(201);
        mira.rest().write(channel, "by a name").mustBe(201);
        eve.rest()
                .patch("/api/me", "{\"displayName\": \"%s\"}".formatted("Mira ".repeat(15) + "Mira"))
                .mustBe(200);
        holdfast.administrator.write(channel, "by root").mustBe(201);
        try (var phone = mira.phone()) {
            phone.open(channel).live();
            for (var width : List.of(390, 320)) {
                phone.page.setViewportSize(width, 700);
                var handle = phone.page.locator(
                        "hf-message .handle", new Page.LocatorOptions().setHasText("@" + eve.handle));
                assertThat(handle.innerText()).isEqualTo("@" + eve.handle);
                assertThat(Person.map(handle.evaluate("""
                        (handle) => ({
                          lines: handle.getClientRects().length, height: handle.offsetHeight < 30,
                          inside: handle.parentElement.lastElementChild.getBoundingClientRect().right <= innerWidth,
                          cut: handle.previousElementSibling.scrollWidth > handle.previousElementSibling.clientWidth,
                          page: document.documentElement.scrollWidth <= innerWidth,
                        })""")))
                        .isEqualTo(Map.of("lines", 1, "height", true, "inside", true, "cut", true, "page", true));
            }
            assertThat(phone.page.locator("hf-message .handle").allInnerTexts())
                    .as("root is called so")
                    .containsExactly("@" + eve.handle, "@" + mira.handle);
        } finally {
            eve.rest().patch("/api/me", "{\"displayName\": \"Eve\"}").mustBe(200);
        }
    }

    @Test
    void a_model_that_sends_markup_does_no_more_than_a_person() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live();
        mira.write("@ada <img src=x onerror=window.pwned=1> <script>window.pwned=1</script> please repeat");
        mira.awaitReply("complete");
        assertThat(mira.reply().innerText()).contains("<script>window.pwned=1</script>");
        assertThat(mira.page.evaluate("() => window.pwned")).isNull();
        assertThat(mira.page.locator(".text").locator("script, img").count()).isZero();
    }

    /** Such tags without an end keep the library that colours code busy for a minute. */
    @Test
    void code_that_takes_minutes_to_colour_holds_up_nobody_and_stays_plain() {
        var channel = holdfast.channel(mira, eve);
        eve.rest().write(channel, "```java\nint first = 1;\n```").mustBe(201);
        eve.rest()
                .write(channel, "```html\n" + "<script>".repeat(3_500) + "\n```")
                .mustBe(201);
        eve.rest().write(channel, "```java\nint last = 2;\n```").mustBe(201);
        mira.open(channel).live().write("still here");
        mira.awaitText("still here");
        for (var line : List.of("int first = 1;", "int last = 2;"))
            mira.page
                    .locator(".code:has(.hljs-type)", new Page.LocatorOptions().setHasText(line))
                    .waitFor();
        assertThat(mira.page.locator("[data-language=html] span").count()).isZero();
        mira.assertNoComplaints();
    }

    @Test
    void code_that_grows_keeps_its_colours_from_frame_to_frame() {
        mira.open(holdfast.channel(mira)).live();
        var seen = Person.map(mira.page.evaluate("""
                async () => {
                  const { Growing } = await import('/growing.js');
                  const root = document.body.appendChild(document.createElement('div'));
                  const text = new Growing(root);
                  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
                  const seen = { coloured: false, lost: 0 };
                  for (let lines = 1, until = performance.now() + 10_000; lines < 40 && performance.now() < until; lines += seen.coloured) {
                    text.show('```java\\n' + 'int x = 1;\\n'.repeat(lines), { growing: true });
                    await frame();
                    const isColoured = root.querySelector('.hljs-type') !== null;
                    if (seen.coloured && !isColoured) seen.lost += 1;
                    seen.coloured ||= isColoured;
                  }
                  text.show('```java\\n' + 'int x = 1;\\n'.repeat(40) + '```', { growing: false });
                  if (!root.querySelector('.hljs-type')) seen.lost += 1;
                  window.grown = root;
                  return seen;
                }"""));
        mira.page.waitForFunction("() => grown.querySelectorAll('.hljs-type').length === 40");
        assertThat(seen).containsEntry("coloured", true).containsEntry("lost", 0);
        mira.assertNoComplaints();
    }

    @Test
    void a_fence_that_was_drawn_while_it_was_empty_takes_no_colours_from_later_code() {
        mira.open(holdfast.channel(mira)).live();
        mira.page.evaluate("""
                async () => {
                  const { Growing } = await import('/growing.js');
                  window.grown = document.body.appendChild(document.createElement('div'));
                  const show = (source) => new Growing(grown.appendChild(document.createElement('div'))).show(source, { growing: true });
                  show('```python');
                  await new Promise((resolve) => requestAnimationFrame(resolve));
                  show('```java\\nint x = 1;');
                  window.show = show;
                }""");
        // what came before it is done, too
        mira.page.waitForFunction("() => grown.querySelector('[data-language=java] .hljs-type')");
        mira.page.evaluate("() => show('```python\\nimport os')");
        mira.page.waitForFunction("() => grown.querySelector('[data-language=python] .hljs-keyword')");
    }

    /** What kept the page busy for up to half a minute: by trying, by copying, or by drawing a multiple of what was written. */
    @Test
    void texts_that_are_dear_to_draw_hold_up_nobody_and_lose_nothing() {
        var dear = Map.of(
                "beginnings of addresses",
                "http://a.bc/(".repeat(5_000),
                "others",
                "ftp://a/(".repeat(7_000),
                "two slashes",
                "//a.bc/(".repeat(8_000),
                "no addresses",
                "a:// ".repeat(13_000),
                "mail",
                "mailto:".repeat(9_000),
                "deep quotes",
                ">".repeat(95) + "said\n".repeat(13_000),
                "quotes too deep for the parser",
                ">".repeat(200) + " said below a hundred",
                "a title without an end",
                "[a]: /u \"" + "x\n".repeat(32_000),
                "thousands of links with one address",
                "[a]: /" + "x".repeat(32_000) + "\n\n" + "[a]".repeat(10_000),
                "empty cells",
                "|a".repeat(8_000) + "|\n" + "|-".repeat(8_000) + "|\n" + "a\n".repeat(8_000));
        var channel = holdfast.channel(mira, eve);
        eve.rest().write(channel, "see https://plain.example/x").mustBe(201);
        dear.values().forEach(each -> eve.rest().write(channel, each).mustBe(201));
        mira.page.addInitScript("""
                window.longest = 0;
                new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => (longest = Math.max(longest, duration))))
                  .observe({ type: 'longtask', buffered: true });""");
        mira.open(channel).live().write("still here");
        mira.awaitText("still here");

        var longest = ((Number) mira.page.evaluate("() => longest")).doubleValue();
        System.out.println("The longest task with dear texts took ms: " + longest);
        assertThat(longest).isLessThan(10_000); // of a slow machine that does much beside; it was tens of seconds
        assertThat(mira.page.locator(".text a[title='https://plain.example/x']").count())
                .isOne();
        var whole = Person.map(mira.page.evaluate("""
                async (dear) => {
                  const { render } = await import('/markdown.js');
                  const bare = (text) => text.replace(/\\s/g, '');
                  return Object.fromEntries(Object.entries(dear).map(([name, source]) => [name, bare(render(source).textContent) === bare(source)]));
                }""", dear));
        assertThat(whole.values()).as(whole.toString()).containsOnly(true);
        mira.assertNoComplaints();
    }

    /** Against the same links in the same run: a slow machine is slow with both. */
    @Test
    void many_links_in_one_paragraph_are_drawn_about_as_fast_as_each_in_its_own() {
        mira.open(holdfast.channel(mira)).live();
        var times = Person.map(mira.page.evaluate("""
                async () => {
                  const { render } = await import('/markdown.js');
                  const took = (source) => {
                    const began = performance.now();
                    render(source);
                    return performance.now() - began;
                  };
                  ['[with a few words](#)', '[with a few words](#)\\n\\n'].forEach((each) => took(each.repeat(1_000)));
                  return { together: took('[with a few words](#)'.repeat(20_000)), apart: took('[with a few words](#)\\n\\n'.repeat(20_000)) };
                }"""));
        System.out.println("Drawing 20,000 links took ms: " + times);
        assertThat(((Number) times.get("together")).doubleValue())
                .isLessThan(2 * ((Number) times.get("apart")).doubleValue());
    }
}
