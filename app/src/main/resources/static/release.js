// The service worker: the page opens without the network, and always as one release.
import { store } from './store.js';

const OFTEN = 10 * 60_000;

/** Registers the worker and takes a new release over when nobody is in the middle of a sentence. */
export async function guard() {
  if (!navigator.serviceWorker) return;
  const alreadyGuarded = navigator.serviceWorker.controller !== null;
  let reloading = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!alreadyGuarded || reloading) return; // the first worker only begins to guard the release that is running
    reloading = true;
    location.reload();
  });
  try {
    const registration = await navigator.serviceWorker.register('/service-worker.js', { updateViaCache: 'none' });
    watch(registration);
    setInterval(() => registration.update().catch(() => {}), OFTEN);
    store.watch(['connection'], () => store.connection === 'live' && registration.update().catch(() => {}));
  } catch (failure) {
    console.warn('Holdfast will not open offline: the service worker could not be registered.', failure);
  }
}

function watch(registration) {
  const offer = (worker) => {
    if (!worker || !navigator.serviceWorker.controller) return;
    store.lay('release', () => worker.postMessage('take over'));
    const whenUnseen = () => document.visibilityState === 'hidden' && worker.postMessage('take over if nobody looks');
    document.addEventListener('visibilitychange', whenUnseen);
    whenUnseen();
  };
  offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', () => worker.state === 'installed' && offer(worker));
  });
}
