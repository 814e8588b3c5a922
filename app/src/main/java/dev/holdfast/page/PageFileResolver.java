package dev.holdfast.page;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpHeaders;
import org.springframework.web.servlet.resource.AbstractResourceResolver;
import org.springframework.web.servlet.resource.ResourceResolverChain;

/**
 * Finds the page's files below a folder, packed for who unpacks them; what is not one of them is not there, whatever else
 * the jar holds.
 */
final class PageFileResolver extends AbstractResourceResolver {

    /** With any weight but none. */
    private static final Pattern GZIP =
            Pattern.compile("\\bgzip\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))", Pattern.CASE_INSENSITIVE);

    private final PageFiles files;
    private final String folder;

    /** @param folder with a slash at both ends */
    PageFileResolver(PageFiles files, String folder) {
        this.files = files;
        this.folder = folder;
    }

    @Override
    protected @Nullable Resource resolveResourceInternal(
            @Nullable HttpServletRequest request,
            String requestPath,
            List<? extends Resource> locations,
            ResourceResolverChain chain) {
        var file = files.find(folder + requestPath);
        return file == null || !unpacksGzip(request) ? file : file.gzipped();
    }

    @Override
    protected @Nullable String resolveUrlPathInternal(
            String resourcePath, List<? extends Resource> locations, ResourceResolverChain chain) {
        return files.find(folder + resourcePath) == null ? null : resourcePath;
    }

    private static boolean unpacksGzip(@Nullable HttpServletRequest request) {
        var accepted = request == null ? null : request.getHeader(HttpHeaders.ACCEPT_ENCODING);
        return accepted != null && GZIP.matcher(accepted).find();
    }
}
