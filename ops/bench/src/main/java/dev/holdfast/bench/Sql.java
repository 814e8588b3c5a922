package dev.holdfast.bench;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A prepared statement whose parameters may be arrays. Frees what it makes: the driver's arrays hold direct buffers. */
final class Sql {

    private Sql() {}

    interface Row<T> {
        T read(ResultSet rows) throws SQLException;
    }

    /** An array parameter: the SQL type of its elements, and them. */
    record Of(String type, Object[] elements) {}

    static <T> List<T> query(Connection connection, String sql, Row<T> row, Object... parameters) throws SQLException {
        var made = new ArrayList<Array>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                if (parameters[i] instanceof Of(String type, Object[] elements)) {
                    made.add(connection.createArrayOf(type, elements));
                    statement.setArray(i + 1, made.getLast());
                } else {
                    statement.setObject(i + 1, parameters[i]);
                }
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
        } finally {
            for (Array array : made) {
                array.free();
            }
        }
    }

    /** For statements whose rows nobody needs. */
    static int run(Connection connection, String sql, Object... parameters) throws SQLException {
        return query(connection, sql, rows -> true, parameters).size();
    }
}
