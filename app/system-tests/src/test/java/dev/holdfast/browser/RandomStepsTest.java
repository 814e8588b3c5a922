package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static dev.holdfast.browser.Eventually.pause;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Two people do anything in any order while networks go, tabs die and the server is killed; at the end both stores equal
 * the database. {@code -Dsteps=1000} for more of it, {@code -Dseed=} to do the same again.
 */
class RandomStepsTest {

    private static final int STEPS = Integer.getInteger("steps", 100);

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void after_random_steps_with_two_browsers_both_stores_equal_the_database() {
        System.out.println("Random steps: -Dseed=" + seed + " -Dsteps=" + STEPS);
        try (var holdfast = Holdfast.own("random-steps");
                var mira = holdfast.person("Mira");
                var ben = holdfast.person("Ben")) {
            var channel = holdfast.channel(mira, ben);
            var people = List.of(mira, ben);
            people.forEach(each -> {
                each.open(channel).live();
                each.page.waitForFunction("() => navigator.serviceWorker.controller !== null");
            });
            for (var number = 1; number <= STEPS; number++) {
                step(number, holdfast, people.get(random.nextInt(2)), channel);
                pause(random.nextInt(100));
            }
            settle(holdfast, people, channel);
            Eventually.equal(holdfast, channel, Duration.ofSeconds(60), mira, ben);
            System.out.println(
                    "Random steps: equal, with " + holdfast.messages(channel).size() + " messages");
        } catch (AssertionError | RuntimeException failure) {
            throw new AssertionError("Do it again with -Dseed=" + seed + " -Dsteps=" + STEPS, failure);
        }
    }

    private void step(int number, Holdfast holdfast, Person person, String channel) {
        var dice = random.nextInt(100);
        if (dice < 30) person.write("message " + number);
        else if (dice < 40)
            person.write("@ada go on [[words=%d pace=%d seed=%d kind=mixed]]"
                    .formatted(5 + random.nextInt(60), 20 + random.nextInt(60), number));
        else if (dice < 43)
            person.write(
                    "@ada go on [[words=30 pace=40 fault=cut after=10 times=4 key=%s%d]]".formatted(channel, number));
        else if (dice < 53) act(person, MINE, "edit", "edited in step " + number);
        else if (dice < 59) act(person, MINE, "remove", "");
        else if (dice < 66) act(person, RUNNING, "stopReply", "");
        else if (dice < 72) act(person, ENDED, "retryReply", "");
        else if (dice < 80) person.offline();
        else if (dice < 90) person.online();
        else if (dice < 94) person.reload();
        else if (dice < 98) killTab(person, channel);
        else holdfast.process.kill().launch();
    }

    private void killTab(Person person, String channel) {
        person.page.close();
        person.page = person.tab();
        person.open(channel);
        person.page.locator("hf-composer textarea").waitFor();
    }

    private static final String MINE = "each.author.id === me.id && !each.deleted";
    private static final String RUNNING = "['queued', 'thinking', 'streaming'].includes(each.status)";
    private static final String ENDED = "['stopped', 'failed'].includes(each.status)";

    /** Does something with one of the messages on screen that it can be done with. */
    private void act(Person person, String which, String action, String text) {
        person.page.evaluate("""
                async ([channel, index, action, text]) => {
                  const actions = await import('/actions.js');
                  const { me } = holdfast.store;
                  const shown = [...document.querySelectorAll('hf-message')].map((element) => element.message);
                  const fit = shown.filter((each) => %s);
                  if (fit.length > 0) await actions[action](fit[index %% fit.length], text);
                }""".formatted(which), List.of("", random.nextInt(1000), action, text));
    }

    private static void settle(Holdfast holdfast, List<Person> people, String channel) {
        people.forEach(Person::online);
        holdfast.process.awaitReady();
        people.forEach(person -> eventually(
                "the outbox of " + person.handle + " is empty", Duration.ofSeconds(90), () -> person.unsent() == 0));
        eventually(
                "no reply runs any more",
                Duration.ofSeconds(120),
                () -> holdfast.jdbc()
                                .sql(
                                        "select count(*) from chat.message where channel_id = :channel::uuid and status in ('queued', 'thinking', 'streaming')")
                                .param("channel", channel)
                                .query(Integer.class)
                                .single()
                        == 0);
    }
}
