// Served with a first line `const RELEASE = {version, integrity, paths};` made from the files themselves.
// One cache per release, filled whole and checked before the release may take over: no page is ever a mix of two.

const CACHE = `holdfast-${RELEASE.version}`;
const PATIENCE = 3_000;
const UNREACHABLE = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Holdfast</title>
<p>This browser no longer has Holdfast's page, and the server does not answer. <a href="">Try again</a> when there is a connection. What you wrote is kept.`;
const OF_ONE_BODY = ['content-encoding', 'content-length', 'etag', 'vary'];
const PATHS = new Set(RELEASE.paths);

self.addEventListener('install', (event) => event.waitUntil(fill()));

self.addEventListener('activate', (event) => event.waitUntil(begin()));

self.addEventListener('message', (event) => event.waitUntil(takeOver(event.data)));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate') {
    if (!/^\/(api|v3|actuator)(\/|$)/.test(url.pathname)) event.respondWith(kept('/index.html', request));
  } else if (PATHS.has(url.pathname)) {
    event.respondWith(kept(url.pathname, request));
  }
});

async function fill() {
  // `integrity` refuses another release, which a server that is just being replaced may send.
  const answer = await fetch('/release.json', { integrity: RELEASE.integrity, cache: 'no-store' });
  if (!answer.ok) throw new Error(`/release.json: ${answer.status}`);
  const cache = await caches.open(CACHE);
  await Promise.all((await answer.json()).map(([path, type, text]) => {
    const headers = new Headers(answer.headers); // the policy is the same for all
    OF_ONE_BODY.forEach((name) => headers.delete(name));
    headers.set('content-type', type);
    return cache.put(path, new Response(text, { headers }));
  }));
}

/** Taking over reloads every tab: unasked only where no tab is looked at. */
async function takeOver(how) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const isSeen = pages.some((each) => each.visibilityState === 'visible');
  if (how === 'take over' || (how === 'take over if nobody looks' && !isSeen)) await self.skipWaiting();
}

async function begin() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('holdfast-') && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** A browser may lose its cache; then the server is asked, but nobody waits for one that does not answer. */
async function kept(path, request) {
  const answer = await caches.open(CACHE).then((cache) => cache.match(path)).catch(() => undefined);
  if (answer) return answer;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    return await fetch(request, { signal: patience.signal });
  } catch (failure) {
    if (request.mode !== 'navigate') throw failure;
    return new Response(UNREACHABLE, { status: 503, headers: { 'content-type': 'text/html;charset=utf-8' } });
  } finally {
    clearTimeout(timer);
  }
}
