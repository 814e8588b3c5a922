package dev.holdfast.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A prepared statement whose parameters may be arrays, which go as text, as in the product: the driver's own are slow. */
final class Sql {

    private Sql() {}

    interface Row<T> {
        T read(ResultSet rows) throws SQLException;
    }

    /** The elements of an array, for a parameter {@code ?::text::uuid[]}; no text among them may hold a quote or backslash. */
    record Of(@Nullable Object... elements) {
        @Override
        public String toString() {
            return Arrays.stream(elements)
                    .map(element -> element == null ? "null" : "\"" + element + "\"")
                    .collect(Collectors.joining(",", "{", "}"));
        }
    }

    static <T> List<T> query(Connection connection, String sql, Row<T> row, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i] instanceof Of array ? array.toString() : parameters[i]);
            }
            var found = new ArrayList<T>();
            if (statement.execute()) {
                try (ResultSet rows = statement.getResultSet()) {
                    while (rows.next()) {
                        found.add(row.read(rows));
                    }
                }
            }
            return found;
        }
    }

    /** For statements whose rows nobody needs. */
    static int run(Connection connection, String sql, Object... parameters) throws SQLException {
        return query(connection, sql, rows -> true, parameters).size();
    }
}
