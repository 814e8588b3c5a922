package dev.holdfast.system.faults;

import dev.holdfast.system.faults.History.Version;
import dev.holdfast.system.faults.History.Written;
import dev.holdfast.testing.FeedStore.Stored;
import dev.holdfast.testing.Served;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Holds the recorded history, what the model server logged, and what the browsers hold against the database. Lost:
 * acknowledged and not there. Doubled: there twice. Reordered: not in the order written. Diverged: a text that isn't what
 * was said, or a browser that holds something else than the database.
 */
final class Checker {

    record Row(
            UUID id,
            UUID channel,
            String author,
            String kind,
            String content,
            String status,
            long seq,
            long position,
            long textFence,
            boolean deleted,
            UUID replyTo) {}

    record Answered(
            UUID asked,
            String agent,
            UUID reply,
            String state,
            int attempt,
            int maxAttempts,
            long fence,
            String error) {}

    final List<String> lost = new ArrayList<>();
    final List<String> doubled = new ArrayList<>();
    final List<String> reordered = new ArrayList<>();
    final List<String> diverged = new ArrayList<>();
    final List<String> leftOver = new ArrayList<>();
    private final JdbcClient jdbc;
    private final List<Served> said;
    private final History history;
    private final Map<UUID, Row> rows;
    private final List<Answered> answers;

    /** @param said all that models were asked and said */
    Checker(JdbcClient jdbc, List<Served> said, History history) {
        this.jdbc = jdbc;
        this.said = said;
        this.history = history;
        rows = jdbc.sql("""
                select m.id, m.channel_id as channel, a.handle as author, a.kind, m.content, m.status, m.seq, m.position,
                  coalesce(m.text_fence, 0) as text_fence, m.deleted_at is not null as deleted, m.reply_to
                from chat.message m join chat.account a on a.id = m.author_id""").query(Row.class).list().stream().collect(Collectors.toMap(Row::id, row -> row));
        answers = jdbc.sql("""
                select g.asked_by_message as asked, a.handle as agent, g.message_id as reply, g.state, g.attempt, g.max_attempts, g.fence, g.error
                from chat.generation g join chat.account a on a.id = g.agent_id""").query(Answered.class).list();
    }

    Checker check() {
        messages();
        order();
        replies();
        texts();
        seqs();
        rest();
        return this;
    }

    List<String> findings() {
        var all = new ArrayList<String>();
        lost.forEach(one -> all.add("LOST " + one));
        doubled.forEach(one -> all.add("DOUBLED " + one));
        reordered.forEach(one -> all.add("REORDERED " + one));
        diverged.forEach(one -> all.add("DIVERGED " + one));
        leftOver.forEach(one -> all.add("LEFT OVER " + one));
        history.violations().forEach(one -> all.add("VIOLATION " + one));
        return all;
    }

    String summary() {
        var states = new TreeMap<String, Integer>();
        answers.forEach(answer -> states.merge(answer.state, 1, Integer::sum));
        var retried = answers.stream().filter(answer -> answer.attempt > 1).count();
        return "%d messages, %d replies %s (%d after more than one attempt), %d requests to models; %d lost, %d doubled, %d reordered, %d diverged, %d left over, %d violations"
                .formatted(
                        rows.size(),
                        answers.size(),
                        states,
                        retried,
                        said.size(),
                        lost.size(),
                        doubled.size(),
                        reordered.size(),
                        diverged.size(),
                        leftOver.size(),
                        history.violations().size());
    }

    /** Every acknowledged message exists once, with a text that its author gave it. */
    private void messages() {
        Map<String, Long> byNonce = rows.values().stream()
                .filter(row -> row.kind.equals("human") && !row.deleted)
                .collect(Collectors.groupingBy(row -> row.content.split(" ")[1], Collectors.counting()));
        byNonce.forEach((nonce, count) -> {
            if (count > 1) doubled.add("message " + nonce + " is there " + count + " times");
        });
        var known = history.written().stream().map(message -> message.id).collect(Collectors.toSet());
        rows.values().stream()
                .filter(row -> row.kind.equals("human") && !known.contains(row.id))
                .forEach(row -> doubled.add("nobody wrote " + row));
        history.written().forEach(this::message);
    }

    private void message(Written message) {
        var row = rows.get(message.id);
        if (row == null) {
            if (message.acknowledged()) lost.add("message " + message.id + " of person-" + message.person);
            return;
        }
        if (message.deleteAcknowledged && !row.deleted) lost.add("the deletion of " + row);
        if (row.deleted && !message.deleteTried) lost.add("deleted by nobody: " + row);
        if (!row.deleted && !mayBe(message.versions, row.content))
            lost.add("the last edit of " + row + ": it has to be one of " + expected(message.versions));
    }

    /** The last acknowledged text; or one whose request went astray and may have arrived at any time since. */
    private static boolean mayBe(List<Version> versions, String content) {
        return expected(versions).contains(content);
    }

    private static Set<String> expected(List<Version> versions) {
        var expected = new TreeSet<String>();
        versions.stream()
                .filter(version -> version.acknowledged)
                .reduce((a, b) -> b)
                .ifPresent(last -> expected.add(last.content));
        versions.stream()
                .skip(1)
                .filter(version -> version.ambiguous)
                .forEach(version -> expected.add(version.content));
        if (versions.stream().noneMatch(version -> version.acknowledged)) expected.add(versions.getFirst().content);
        return expected;
    }

    /** A person waits for each answer before writing on, so the positions follow the order of writing. */
    private void order() {
        var last = new HashMap<String, Row>();
        history.written().stream()
                .filter(Written::acknowledged)
                .sorted(Comparator.comparing(message -> number(message.nonce)))
                .forEach(message -> {
                    var row = rows.get(message.id);
                    if (row == null) return;
                    var before = last.put(message.person + " " + message.channel, row);
                    if (before != null && before.position > row.position)
                        reordered.add(row + " comes before " + before);
                });
    }

    private static int number(String nonce) {
        return Integer.parseInt(nonce.substring(1, nonce.length() - 1));
    }

    /** Every mention ended in exactly one reply in a terminal state, and no reply has no mention. */
    private void replies() {
        var found = answers.stream()
                .collect(Collectors.groupingBy(answer -> answer.asked + " " + answer.agent, Collectors.counting()));
        var expectedAtMost = new TreeSet<String>();
        for (var message : history.written()) {
            for (var version : message.versions) {
                for (var agent : version.mentions()) {
                    expectedAtMost.add(message.id + " " + agent);
                    if (version.acknowledged && !found.containsKey(message.id + " " + agent))
                        lost.add("the reply of " + agent + " to " + message.id);
                }
            }
        }
        found.forEach((question, count) -> {
            if (count > 1) doubled.add(count + " replies to " + question);
            if (!expectedAtMost.contains(question)) doubled.add("nobody asked for the reply to " + question);
        });
        var replies = answers.stream().map(Answered::reply).collect(Collectors.toSet());
        rows.values().stream()
                .filter(row -> row.kind.equals("agent") && !replies.contains(row.id))
                .forEach(row -> doubled.add("a reply without a generation: " + row));
        answers.forEach(this::reply);
    }

    private void reply(Answered answer) {
        var row = rows.get(answer.reply);
        if (row == null) {
            lost.add("the reply message of " + answer);
            return;
        }
        if (!Objects.equals(row.replyTo, answer.asked))
            diverged.add(row + " replies to another message than " + answer);
        var status = Map.of("completed", "complete", "failed", "failed", "cancelled", "stopped")
                .get(answer.state);
        if (status == null) leftOver.add("a generation " + answer);
        else if (!row.status.equals(status)) diverged.add("status of " + row + " but " + answer);
        if (answer.attempt > answer.maxAttempts) diverged.add("too many attempts: " + answer);
    }

    /** Completed: what the model said in that one request. Stopped or failed: how it began. */
    private void texts() {
        for (var answer : answers) {
            var row = rows.get(answer.reply);
            if (row == null || row.deleted) continue;
            if (row.content.isEmpty()) {
                if (answer.state.equals("completed")) diverged.add("empty and completed: " + row);
                continue;
            }
            var problem = textProblem(row, answer.state.equals("completed"));
            if (problem != null) diverged.add(problem + ": " + row + " of " + answer);
        }
    }

    private String textProblem(Row row, boolean completed) {
        if (!row.content.startsWith("#")) {
            // the asking message, with its script, had been edited or deleted before the model was asked
            return said.stream().anyMatch(one -> begins(one, row.content, completed)) ? null : "never said";
        }
        var space = row.content.indexOf(' ');
        if (space < 0) return completed ? "not whole" : null;
        // by its number: the log's order is that of arrival, which two requests at once may swap
        var number = Long.parseLong(row.content.substring(1, space));
        var request =
                said.stream().filter(one -> one.number == number).findAny().orElse(null);
        if (request == null) return "of a request that was never served";
        if (!begins(request, row.content, completed)) return "not what " + request + " said (" + text(request) + ")";
        var asked = history.written().stream()
                .filter(message -> message.id.equals(row.replyTo))
                .findAny()
                .orElseThrow();
        if (asked.untouched() && !request.asked.contains(asked.nonce))
            return "the answer to another question, " + request.asked;
        return null;
    }

    private static boolean begins(Served request, String content, boolean completed) {
        return completed
                ? request.end() == Served.End.COMPLETED && text(request).equals(content)
                : text(request).startsWith(content);
    }

    /** What Postgres can store of it. */
    private static String text(Served request) {
        return request.text().replace("\u0000", "");
    }

    private void seqs() {
        jdbc.sql("""
                select c.name || ': seq ' || c.seq || ', last message ' || max(m.seq) || ', ' || count(distinct m.position) || ' of ' || count(*) || ' positions'
                from chat.channel c join chat.message m on m.channel_id = c.id
                group by c.id
                having c.seq <> max(m.seq) or count(distinct m.seq) <> count(*) or count(distinct m.position) <> count(*)""").query(String.class).list().forEach(one -> reordered.add("seq is not dense in " + one));
    }

    private void rest() {
        Installation.leftOver(jdbc).forEach((what, count) -> {
            if (((Number) count).longValue() != 0) leftOver.add(count + " " + what);
        });
    }

    /** What a browser holds of a channel and the database doesn't, and the other way round; empty when they are equal. */
    List<String> difference(Map<UUID, Stored> held, UUID channel) {
        var differences = new ArrayList<String>();
        rows.values().stream().filter(row -> row.channel.equals(channel)).forEach(row -> {
            var mine = held.get(row.id);
            if (mine == null) differences.add("hasn't " + row);
            else if (mine.seq() != row.seq
                    || !mine.status().equals(row.status)
                    || !mine.text().equals(row.content)
                    || mine.json().get("deleted").asBoolean() != row.deleted
                    || mine.fence() != row.textFence && row.kind.equals("agent")) {
                differences.add("has " + mine.status() + " " + mine.seq() + " fence " + mine.fence() + " '"
                        + mine.text() + "' for " + row);
            }
        });
        held.keySet().stream()
                .filter(id -> !rows.containsKey(id))
                .forEach(id -> differences.add("has " + id + ", which the database hasn't"));
        return differences;
    }
}
