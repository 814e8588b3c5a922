// How long ago something was, also over a sleep, which performance.now() leaves out, and when somebody sets the clock back.

let latest = Date.now();
let behind = 0;

/** Milliseconds, for differences alone: goes on through sleep and never goes back. */
export function now() {
  behind = Math.max(behind, latest - Date.now());
  latest = Date.now() + behind;
  return latest;
}

let ahead = 0; // of our clock, the server's

/** The server's time as an answer tells it, in whole seconds; what is nearer to ours than that is ours. */
export function hearTime(date) {
  const difference = Date.parse(date) - Date.now();
  if (!Number.isNaN(difference)) ahead = Math.abs(difference) > 2_000 ? difference : 0;
}

/** Milliseconds, by the server's clock: the browser's may be wrong. */
export const serverTime = () => Date.now() + ahead;
