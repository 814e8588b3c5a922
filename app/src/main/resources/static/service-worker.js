// Served with a first line `const RELEASE = {version, assets: [[path, integrity], ...]};` made from the files themselves.
// One cache per release, filled whole and checked before the release may take over: no page is ever a mix of two.

const CACHE = `holdfast-${RELEASE.version}`;
const PATHS = new Set(RELEASE.assets.map(([path]) => path));

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
  const cache = await caches.open(CACHE);
  // `integrity` refuses a file of another release, which a server that is just being replaced may send.
  await Promise.all(RELEASE.assets.map(async ([path, integrity]) => {
    const answer = await fetch(new Request(path, { integrity, cache: 'reload' }));
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    await cache.put(path, answer);
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

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
