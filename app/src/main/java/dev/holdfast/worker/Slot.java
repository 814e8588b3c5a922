package dev.holdfast.worker;

import dev.holdfast.generation.ContextMessage;
import dev.holdfast.generation.Generations;
import dev.holdfast.generation.Generations.Outcome;
import dev.holdfast.model.Agent;
import dev.holdfast.model.AgentOptions;
import dev.holdfast.model.Agents;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Failure.GiveUp;
import dev.holdfast.model.Failure.TryAgain;
import dev.holdfast.model.ModelCall;
import dev.holdfast.model.ModelEnd;
import dev.holdfast.model.ModelEnd.Ended;
import dev.holdfast.model.ModelEnd.Failed;
import dev.holdfast.model.Models;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.dao.DataAccessException;

/** Runs one attempt from the claim to its end, in a virtual thread of its own: context, model, text. Reads top to bottom. */
final class Slot {
    private static final Logger log = LoggerFactory.getLogger(Slot.class);

    /**
     * What all slots of a process share.
     *
     * @param toFlush tells the flusher that there is something to write
     * @param slack how long text may wait before it is told
     */
    record Tools(
            Generations generations,
            Agents agents,
            Models models,
            ExecutorService threads,
            WorkerMetrics metrics,
            Runnable toFlush,
            Supplier<Duration> slack) {}

    private final Tools tools;
    private final Reply reply;
    private final Persistence persistence;

    Slot(Tools tools, Reply reply) {
        this.tools = tools;
        this.reply = reply;
        this.persistence = new Persistence(reply, tools.threads);
    }

    Ending run() throws InterruptedException {
        ModelEnd last;
        try {
            last = answer();
        } catch (RuntimeException e) {
            if (!reply.lost()) log.error("{} failed in a way that nobody foresaw", reply, e);
            last = new Failed(new TryAgain("the worker failed", "worker_error"));
        }
        if (reply.lost()) return lost();
        return switch (last) {
            // all that it said may have been NUL
            case Ended ended -> reply.text.length() == 0 ? fail(Ended.empty()) : fold(ended);
            case Failed(Failure failure) -> fail(failure);
        };
    }

    private ModelEnd answer() throws InterruptedException {
        return switch (persistence.get(this::question)) {
            case Unanswerable(Failure why) -> new Failed(why);
            case Question ignored when reply.lost() -> new Failed(new TryAgain("lost", "lost"));
            case Asked asked -> ask(asked);
        };
    }

    /** What the model is asked, or why it cannot be. */
    private sealed interface Question {}

    private record Asked(Agent agent, Prompt prompt) implements Question {}

    private record Unanswerable(Failure why) implements Question {}

    /** All that has to be asked of the database, together: each time it were asked, the slot would wait for its turn again. */
    private Question question() {
        Agent agent = tools.agents.find(reply.claimed.agent());
        AgentOptions options;
        try {
            options = agent.parsedOptions();
        } catch (IllegalArgumentException e) {
            return new Unanswerable(new GiveUp(String.valueOf(e.getMessage()), "bad_options"));
        }
        List<ContextMessage> heard = tools.generations.context(reply.claimed.id(), options.contextMessages());
        if (heard.isEmpty())
            return new Unanswerable(new GiveUp(
                    "The message that asked for this reply was deleted, or failed itself. Ask again with a new message.",
                    "no_question"));
        Prompts.Told told = Prompts.tell(agent, options, heard);
        tools.generations.setContext(reply.claimed, told.messages());
        return new Asked(agent, told.prompt());
    }

    private ModelEnd ask(Asked asked) throws InterruptedException {
        var patience = new Patience(asked.agent);
        var ear = new Ear(tools, reply, patience);
        try (ModelCall call = tools.models.call(asked.agent, asked.prompt, reply.claimed.requestId(), ear)) {
            reply.asking(call);
            tools.toFlush.run();
            return listen(call, patience);
        }
    }

    private ModelEnd listen(ModelCall call, Patience patience) throws InterruptedException {
        while (true) {
            ModelEnd end = call.end(patience.untilNextLook());
            if (end != null) return end;
            if (patience.left().isZero()) return new Failed(patience.passed());
        }
    }

    private Ending fold(Ended ended) throws InterruptedException {
        reply.finish(ended);
        tools.toFlush.run();
        if (!reply.awaitFold()) return lost();
        tools.metrics.tokens(reply, ended.inputTokens(), ended.outputTokens());
        return new Ending("completed", null);
    }

    private Ending fail(Failure failure) throws InterruptedException {
        reply.settle();
        String partial = reply.text.end();
        Duration wait =
                failure instanceof TryAgain again ? Backoff.after(reply.claimed.attempt(), again.retryAfter()) : null;
        Outcome outcome = persistence.get(
                () -> tools.generations.fail(reply.claimed, failure.reason(), failure.code(), wait, partial));
        String detail = failure.detail().isEmpty() ? "" : " [" + failure.detail() + "]";
        log.info("{} attempt {} failed: {}{} ({})", reply, reply.claimed.attempt(), failure.reason(), detail, outcome);
        return switch (outcome) {
            case RETRY -> {
                tools.metrics.retried(failure.code());
                yield new Ending("retried", wait);
            }
            case FAILED -> new Ending("failed", null);
            case FENCED -> lost();
        };
    }

    private Ending lost() throws InterruptedException {
        if (reply.handedBack()) return new Ending("handed_back", null);
        try {
            boolean cancelled = persistence.once(() -> tools.generations.cancelled(reply.claimed.id()));
            return new Ending(cancelled ? "cancelled" : "lost", null);
        } catch (DataAccessException e) {
            return new Ending("lost", null);
        }
    }
}
