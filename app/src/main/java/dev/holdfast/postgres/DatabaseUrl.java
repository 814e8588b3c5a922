package dev.holdfast.postgres;

import com.impossibl.postgres.jdbc.PGDataSource;
import dev.holdfast.Settings;
import dev.holdfast.StartFailure;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Where the database is, as libpq writes it: {@code postgresql://user:password@host:port/db?sslmode=require}. toString
 * leaves the password out.
 *
 * @param sslMode disable, allow, prefer, require, verify-ca or verify-full
 * @param rootCertificate the file with who may have signed the server's; null: nobody asks
 */
record DatabaseUrl(
        String host,
        int port,
        String database,
        String user,
        String password,
        String sslMode,
        @Nullable Path rootCertificate) {

    private static final List<String> SSL_MODES =
            List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");
    private static final List<String> OPTIONS = List.of("sslmode", "sslrootcert");
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(3);

    /** By hand: to java.net.URI a host name with an underscore is none, and Docker gives such names. */
    private static final Pattern AUTHORITY = Pattern.compile("(?:(.*)@)?([^:\\[\\]]+|\\[.+])(?::(\\d*))?");

    private static final String PERCENT_ENCODE = "special characters in the password have to be percent-encoded";

    /** @throws StartFailure that names HOLDFAST_DATABASE_URL and what is wrong with it, never the password */
    static DatabaseUrl parse(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw wrong("it is not a URL; " + PERCENT_ENCODE);
        }
        if (uri.getScheme() == null || !uri.getScheme().matches("postgres(ql)?")) {
            throw wrong("it does not begin with postgresql://");
        }
        String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
        String rest = url.substring(url.indexOf("//") + 2);
        // a / ? # or @ in the password, which would show the rest of it as something else
        if (authority.indexOf('@') != rest.lastIndexOf('@')) throw wrong(PERCENT_ENCODE);
        Matcher parts = AUTHORITY.matcher(authority);
        if (!parts.matches()) {
            throw wrong("it names no host");
        }
        String database = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
        if (database.isEmpty()) {
            throw wrong("it names no database after the host");
        }
        String[] credentials = parts.group(1) == null
                ? new String[] {"postgres"}
                : parts.group(1).split(":", 2);
        Map<String, String> options = options(uri.getRawQuery());
        String sslMode = sslMode(options);
        return new DatabaseUrl(
                parts.group(2),
                port(parts.group(3)),
                database,
                decode(credentials[0]),
                credentials.length > 1 ? decode(credentials[1]) : "",
                sslMode,
                sslMode.startsWith("verify") ? rootCertificate(sslMode, options.get("sslrootcert")) : null);
    }

    private static int port(String digits) {
        if (digits == null || digits.isEmpty()) {
            return 5432;
        }
        if (digits.length() > 5 || Integer.parseInt(digits) > 65_535) {
            throw wrong("its port is " + digits + ", and there is none above 65535");
        }
        return Integer.parseInt(digits);
    }

    /** New connections, unpooled, of the user that the URL names. */
    DataSource dataSource() {
        return dataSource(Duration.ZERO);
    }

    /** @param silence how long a connection may leave a statement unanswered before it counts as half-open and ends; zero: for ever */
    DataSource dataSource(Duration silence) {
        var source = new PGDataSource();
        source.setServerName(host);
        source.setPortNumber(port);
        source.setDatabaseName(database);
        source.setUser(user);
        source.setPassword(password);
        source.setApplicationName("holdfast");
        source.setSslMode(sslMode);
        if (rootCertificate != null) source.setSslCaCertificateFile(rootCertificate.toString());
        source.setNetworkTimeout((int) silence.toMillis());
        return new ConnectWithin(source, LONGEST_CONNECT);
    }

    @Override
    public String toString() {
        return "postgresql://" + user + "@" + host + ":" + port + "/" + database;
    }

    private static Map<String, String> options(@Nullable String query) {
        if (query == null) {
            return Map.of();
        }
        Map<String, String> options = Arrays.stream(query.split("&"))
                .map(option -> option.split("=", 2))
                .collect(
                        Collectors.toMap(pair -> pair[0], pair -> pair.length > 1 ? decode(pair[1]) : "", (a, b) -> b));
        for (String name : options.keySet()) {
            if (!OPTIONS.contains(name)) {
                throw wrong("its option " + name + " is unknown; there are " + String.join(", ", OPTIONS));
            }
        }
        return options;
    }

    private static String sslMode(Map<String, String> options) {
        String mode = options.getOrDefault("sslmode", "prefer");
        if (!SSL_MODES.contains(mode)) {
            throw wrong("its sslmode is \"" + mode + "\"; there are " + String.join(", ", SSL_MODES));
        }
        return mode;
    }

    /** The driver's own default is beside wherever the process was started. */
    private static Path rootCertificate(String sslMode, @Nullable String named) {
        Path file = named == null ? Settings.userHome().resolve(".postgresql/root.crt") : Path.of(named);
        if (!Files.isReadable(file)) {
            throw new StartFailure(
                    "HOLDFAST_DATABASE_URL asks for sslmode=" + sslMode + ", and " + file
                            + " cannot be read; put the certificate there that signed the server's, or name its file with &sslrootcert=");
        }
        return file.toAbsolutePath();
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static StartFailure wrong(String why) {
        return new StartFailure("HOLDFAST_DATABASE_URL is wrong: " + why
                + ". It has to look like postgresql://user:password@host:5432/database");
    }
}
