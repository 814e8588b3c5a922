// Starts the page: the router, the store, the service worker, and what keeps a tab that slept from showing old things.
import { start, wakeUp } from './actions.js';
import { follow, go } from './route.js';
import { guard } from './release.js';
import { store } from './store.js';
import './views/app.js';

follow();
document.addEventListener('resume', wakeUp);
addEventListener('pageshow', ({ persisted }) => persisted && wakeUp());
addEventListener('pagehide', () => store.messages.writeTextInPassing());

await start();
sessionStorage.removeItem('holdfast.tries'); // of reopen.js
guard();

/** For tests, and for whoever wants to see: everything on screen comes from here. */
window.holdfast = { store, go };
