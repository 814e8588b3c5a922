package dev.holdfast.bench;

import java.util.List;
import java.util.Locale;

/** A finished benchmark as it is kept in results/. loadAfter: the load average of the last minute when it ended. */
record Result(
        String name,
        String title,
        boolean quick,
        Machine machine,
        String loadAfter,
        List<Samples> samples,
        List<Verdict> verdicts,
        List<String> remarks) {

    /** The table as people read it. */
    String table() {
        var text = new StringBuilder();
        text.append(
                String.format(Locale.ROOT, "%s  %s%s%n", name, title, quick ? "  (quick: a look, not a result)" : ""));
        text.append(String.format(
                Locale.ROOT,
                "   %s, %d cores, %s; load %s before, %s after%s%n",
                machine.at(),
                machine.cores(),
                machine.processor(),
                machine.loadAverage(),
                loadAfter,
                machine.commit() == null || machine.commit().isBlank() ? "" : "; " + machine.commit()));
        int width = samples.stream().mapToInt(one -> one.side().length()).max().orElse(0);
        for (Samples one : samples) {
            text.append(String.format(
                    Locale.ROOT,
                    "   %-" + Math.max(1, width) + "s  %-34s %10s   (%s to %s, %d rounds)%n",
                    one.side(),
                    one.metric(),
                    Report.number(one.median()),
                    Report.number(one.min()),
                    Report.number(one.max()),
                    one.values().size()));
        }
        verdicts.forEach(verdict -> text.append("   => ").append(verdict).append('\n'));
        remarks.forEach(remark -> text.append("   -- ").append(remark).append('\n'));
        return text.toString();
    }
}
