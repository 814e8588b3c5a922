package dev.holdfast.generation;

import dev.holdfast.postgres.LostDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;

/** One statement, some of whose parameters may be columns: one value for each row of a batch. */
final class Statement {
    private final JdbcTemplate jdbc;

    Statement(DataSource dataSource) {
        this.jdbc = new JdbcTemplate(dataSource);
    }

    /**
     * A column as Postgres writes an array, for a parameter {@code ?::text::uuid[]}. Not createArrayOf: PGJDBC-NG leaks the
     * buffers of its arrays unless they are freed, and overflows the stack where the connection dies while one is made.
     */
    static <T> String column(Collection<T> rows, Function<T, @Nullable Object> value) {
        var array = new StringBuilder("{");
        for (T row : rows) {
            if (array.length() > 1) array.append(',');
            Object element = value.apply(row);
            if (element == null) array.append("null");
            else quote(array, element.toString());
        }
        return array.append('}').toString();
    }

    private static void quote(StringBuilder array, String element) {
        array.append('"');
        for (int i = 0; i < element.length(); i++) {
            char c = element.charAt(i);
            if (c == '"' || c == '\\') array.append('\\');
            array.append(c);
        }
        array.append('"');
    }

    /** @throws org.springframework.dao.DataAccessException when it did not succeed, as far as one can know */
    <T> List<T> rows(String sql, RowMapper<T> row, @Nullable Object... parameters) {
        return jdbc.execute((Connection connection) -> run(connection, sql, row, parameters));
    }

    private static <T> List<T> run(Connection connection, String sql, RowMapper<T> row, @Nullable Object[] parameters)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet results = statement.executeQuery()) {
                var rows = new ArrayList<T>();
                while (results.next()) {
                    rows.add(row.mapRow(results, rows.size()));
                }
                return rows;
            }
        } catch (RuntimeException e) {
            if (!LostDatabase.inTheDriver(e)) throw e;
            throw new SQLException("the connection was cut: " + e.getMessage(), "08006", e);
        }
    }
}
