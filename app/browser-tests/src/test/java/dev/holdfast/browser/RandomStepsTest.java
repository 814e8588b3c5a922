package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static dev.holdfast.browser.Eventually.pause;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Two people do anything in any order while networks go, tabs die and the server is killed; at the end both stores equal
 * the database. {@code -Dsteps=1000} for more of it, {@code -Dseed=} to do the same again.
 */
class RandomStepsTest {

    private static final int STEPS = Integer.getInteger("steps", 40);

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final ArrayDeque<String> done = new ArrayDeque<>();

    @Test
    void after_random_steps_with_two_browsers_both_stores_equal_the_database() {
        System.out.println("Random steps: -Dseed=" + seed + " -Dsteps=" + STEPS);
        try (var holdfast = Holdfast.own("random-steps");
                var mira = holdfast.person("Mira");
                var ben = holdfast.person("Ben")) {
            run(holdfast, mira, ben);
        }
    }

    private void run(Holdfast holdfast, Person mira, Person ben) {
        try {
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
            var seen = List.of(mira, ben).stream().map(Person::look).toList();
            throw new AssertionError(
                    "Do it again with -Dseed=" + seed + " -Dsteps=" + STEPS + "; done: " + done + "; seen: " + seen,
                    failure);
        }
    }

    private void step(int number, Holdfast holdfast, Person person, String channel) {
        var dice = random.nextInt(100);
        if (dice < 30) did("write", person, () -> person.write("message " + number));
        else if (dice < 40) did("mention", person, () -> person.write(mention(number)));
        else if (dice < 43) did("mention that fails", person, () -> person.write(failing(number, channel)));
        else if (dice < 53) did("edit", person, () -> act(person, MINE, "edit", "edited in step " + number));
        else if (dice < 59) did("delete", person, () -> act(person, MINE, "remove", ""));
        else if (dice < 66) did("stop", person, () -> act(person, RUNNING, "stopReply", ""));
        else if (dice < 72) did("retry", person, () -> act(person, ENDED, "retryReply", ""));
        else if (dice < 80) did("go offline", person, person::offline);
        else if (dice < 90) did("come online", person, person::online);
        else if (dice < 94) did("reload", person, person::reload);
        else if (dice < 98) did("kill the tab", person, () -> killTab(person, channel));
        else did("kill the server", person, () -> holdfast.process.kill().launch());
    }

    private void did(String what, Person person, Runnable step) {
        done.add(what + " (" + person.handle + ")");
        if (done.size() > 30) done.removeFirst();
        step.run();
    }

    private String mention(int number) {
        return "@ada go on [[words=%d pace=%d seed=%d kind=mixed]]"
                .formatted(5 + random.nextInt(60), 20 + random.nextInt(60), number);
    }

    private static String failing(int number, String channel) {
        return "@ada go on [[words=30 pace=40 fault=cut after=10 times=4 key=%s%d]]".formatted(channel, number);
    }

    /** Half the time another tab is open, which takes over in the middle of whatever the killed one did. */
    private void killTab(Person person, String channel) {
        var killed = person.page;
        if (random.nextBoolean()) killed.close();
        person.page = person.tab();
        person.open(channel);
        person.page.locator("hf-composer textarea").waitFor();
        if (!killed.isClosed()) killed.close();
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
