package dev.holdfast.page;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.web.servlet.resource.AbstractResourceResolver;
import org.springframework.web.servlet.resource.ResourceResolverChain;

/** Finds the page's files below a folder; what is not one of them is not there, whatever else the jar holds. */
final class PageFileResolver extends AbstractResourceResolver {

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
        return files.all().get(folder + requestPath);
    }

    @Override
    protected @Nullable String resolveUrlPathInternal(
            String resourcePath, List<? extends Resource> locations, ResourceResolverChain chain) {
        return files.all().containsKey(folder + resourcePath) ? resourcePath : null;
    }
}
