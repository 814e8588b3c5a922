// How long ago something was, also over a sleep, which performance.now() leaves out, and when somebody sets the clock back.

let latest = Date.now();
let behind = 0;

/** Milliseconds, for differences alone: goes on through sleep and never goes back. */
export function now() {
  behind = Math.max(behind, latest - Date.now());
  latest = Date.now() + behind;
  return latest;
}
