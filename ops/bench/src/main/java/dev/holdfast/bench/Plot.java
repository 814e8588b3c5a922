package dev.holdfast.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A benchmark as SVG: for each metric an axis, for each side its rounds as dots, their spread as a line, the median as a bar. */
final class Plot {

    private static final int WIDTH = 900;
    private static final int LABELS = 330;
    private static final int ROW = 22;

    private final StringBuilder svg = new StringBuilder();
    private int y = 28;

    private Plot() {}

    static String of(Result result) {
        var plot = new Plot();
        plot.text(10, 18, "bold", result.name() + "  " + result.title());
        Map<String, List<Samples>> metrics = result.samples().stream()
                .collect(Collectors.groupingBy(Samples::metric, LinkedHashMap::new, Collectors.toList()));
        metrics.forEach(plot::axis);
        result.verdicts().forEach(verdict -> plot.text(10, plot.y += ROW, "normal", verdict.toString()));
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n%s</svg>%n"
                .formatted(WIDTH, plot.y + 16, plot.svg);
    }

    private void axis(String metric, List<Samples> sides) {
        double most = sides.stream().mapToDouble(Samples::max).max().orElse(1);
        double least = sides.stream()
                .mapToDouble(Samples::min)
                .filter(value -> value > 0)
                .min()
                .orElse(most);
        boolean logarithmic = most / least > 30;
        text(10, y += ROW + 6, "bold", metric + (logarithmic ? " (logarithmic)" : ""));
        for (Samples side : sides) {
            y += ROW;
            text(20, y + 4, "normal", side.side());
            double low = place(side.min(), least, most, logarithmic);
            double high = place(side.max(), least, most, logarithmic);
            double median = place(side.median(), least, most, logarithmic);
            line(LABELS, y, WIDTH - 100, y, "#eee", 1);
            line(low, y, high, y, "#4a7ebb", 2);
            line(median, y - 7, median, y + 7, "#c0392b", 3);
            side.values()
                    .forEach(value ->
                            svg.append("<circle cx=\"%.1f\" cy=\"%d\" r=\"3\" fill=\"#4a7ebb\" fill-opacity=\"0.6\"/>%n"
                                    .formatted(place(value, least, most, logarithmic), y)));
            text(WIDTH - 90, y + 4, "normal", Report.number(side.median()));
        }
    }

    private static double place(double value, double least, double most, boolean logarithmic) {
        double share = logarithmic
                ? Math.log(Math.max(value, least) / least * 1.2) / Math.log(most / least * 1.2)
                : most == 0 ? 0 : value / most;
        return LABELS + share * (WIDTH - 100 - LABELS);
    }

    private void text(double x, double at, String weight, String text) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" font-weight=\"%s\">%s</text>%n",
                x,
                at,
                weight,
                text.replace("&", "&amp;").replace("<", "&lt;")));
    }

    private void line(double x1, double y1, double x2, double y2, String colour, int width) {
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%d\"/>%n",
                x1,
                y1,
                x2,
                y2,
                colour,
                width));
    }
}
