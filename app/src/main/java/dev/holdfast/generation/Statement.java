package dev.holdfast.generation;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;

/** One statement, whose parameters may be columns: arrays of one value per row. They are freed, as PGJDBC-NG keeps their buffers else. */
final class Statement {
    /** Longer than any of ours takes; what takes longer hangs on a connection that is gone. */
    private static final int SECONDS = 8;

    /** Values for one array parameter. */
    record Column(String type, Object[] values) {
        static <T> Column of(String type, Collection<T> rows, Function<T, Object> value) {
            return new Column(type, rows.stream().map(value).toArray());
        }
    }

    private final JdbcTemplate jdbc;

    Statement(DataSource dataSource) {
        this.jdbc = new JdbcTemplate(dataSource);
    }

    /** @throws org.springframework.dao.DataAccessException when it did not succeed, as far as one can know */
    <T> List<T> rows(String sql, RowMapper<T> row, Object... parameters) {
        return jdbc.execute((Connection connection) -> run(connection, sql, row, parameters));
    }

    private static <T> List<T> run(Connection connection, String sql, RowMapper<T> row, Object[] parameters)
            throws SQLException {
        var arrays = new ArrayList<Array>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setQueryTimeout(SECONDS);
            for (int i = 0; i < parameters.length; i++) {
                if (parameters[i] instanceof Column column) {
                    arrays.add(connection.createArrayOf(column.type, column.values));
                    statement.setArray(i + 1, arrays.getLast());
                } else {
                    statement.setObject(i + 1, parameters[i]);
                }
            }
            try (ResultSet results = statement.executeQuery()) {
                var rows = new ArrayList<T>();
                while (results.next()) {
                    rows.add(row.mapRow(results, rows.size()));
                }
                return rows;
            }
        } finally {
            for (Array array : arrays) {
                array.free();
            }
        }
    }
}
