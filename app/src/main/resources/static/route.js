// The address bar and the store's `route` say the same.
import { store } from './store.js';

const ROUTES = [
  [/^\/c\/([^/]+)$/, (match, url) => ({ page: 'channel', channelId: match[1], at: placeIn(url) })],
  [/^\/(join|reset)$/, (match, url) => ({ page: match[1], code: url.hash.slice(1) })],
  [/^\/search$/, (_, url) => ({ page: 'search', query: url.searchParams.get('q') ?? '' })],
  [/^\/(agents|people|browse|settings|ops)(?:\/.*)?$/, (match) => ({ page: match[1] })],
];

/** Goes to an address of the page without loading it again. */
export function go(path, { replace = false } = {}) {
  if (path !== location.pathname + location.search + location.hash) {
    history[replace ? 'replaceState' : 'pushState'](null, '', path);
  }
  read();
}

/** Reads the address now and whenever it changes, and keeps clicks on our own links inside the page. */
export function follow() {
  addEventListener('popstate', read);
  document.addEventListener('click', (event) => {
    const link = event.composedPath().find((each) => each instanceof HTMLAnchorElement);
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
  read();
}

function read() {
  const url = new URL(location.href);
  for (const [pattern, route] of ROUTES) {
    const match = pattern.exec(url.pathname);
    if (match) return store.set({ route: route(match, url) });
  }
  return store.set({ route: { page: 'start' } });
}

/** The message that a link leads to; another object each time, so that the same link leads there again. */
function placeIn(url) {
  const position = Number.parseInt(url.searchParams.get('at'), 10);
  return Number.isSafeInteger(position) ? { position } : undefined;
}
