// Runs before the modules. Where one of them or a style sheet does not arrive, nothing can be drawn: the page is opened again.
// Chromium was seen to break off, once in some hundred starts, what its service worker was about to answer from the cache.
(() => {
  const TRIES = 'holdfast.tries'; // of this tab; app.js forgets it once the page is open
  const WAITS = [0, 1_000, 3_000];
  let isReopening = false;

  addEventListener('error', ({ target }) => {
    const isNeeded = target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel === 'stylesheet');
    if (!isNeeded || isReopening) return;
    const tries = Number(sessionStorage.getItem(TRIES));
    if (tries >= WAITS.length) return; // index.html says what to do
    isReopening = true;
    sessionStorage.setItem(TRIES, tries + 1);
    setTimeout(() => location.reload(), WAITS[tries]);
  }, true);
})();
