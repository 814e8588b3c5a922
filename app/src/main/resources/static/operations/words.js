// How /ops writes numbers and times.
import { html } from 'lit';

/** Seconds as people say them: 0.8 s, 12 s, 3 min 20 s, 2 h 5 min, 4 d. */
export function duration(seconds) {
  if (seconds == null) return '–';
  if (seconds < 0) return `−${duration(-seconds)}`;
  if (seconds < 0.0005) return '0 s';
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return join(Math.floor(seconds / 60), 'min', Math.round(seconds % 60), 's');
  if (seconds < 86_400) return join(Math.floor(seconds / 3600), 'h', Math.round((seconds % 3600) / 60), 'min');
  return `${Math.floor(seconds / 86_400)} d`;
}

/** The same for an axis: one unit, short. */
export function brief(seconds) {
  if (seconds === 0) return '0';
  if (seconds < 0.0999) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 120) return `${Number(seconds.toPrecision(3))} s`;
  if (seconds < 7200) return `${Number((seconds / 60).toPrecision(2))} min`;
  return `${Number((seconds / 3600).toPrecision(2))} h`;
}

/** How far apart the lines of an axis may lie, so that each has a round number: of times in seconds, of things counted. */
export const TIMES = [...[1, 2, 5].map((n) => n / 1e4), ...[1, 2, 5].map((n) => n / 1e3), 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18_000, 36_000, 86_400, 172_800, 432_000, 864_000];
export const WHOLES = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();

const join = (whole, unit, rest, smaller) => (rest ? `${whole} ${unit} ${rest} ${smaller}` : `${whole} ${unit}`);

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value) => (value == null ? '–' : Math.abs(value) >= 10_000 ? SHORT.format(value) : WHOLE.format(value));
export const rate = (value) => (value == null ? '–' : value < 10 ? String(Number(value.toFixed(1))) : count(value));

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });

export const at = (instant) => html`<time datetime=${instant} title=${FULL.format(new Date(instant))}>${CLOCK.format(new Date(instant))}</time>`;

const TONES = { queued: 'waiting', running: 'going', completed: 'done', failed: 'bad', cancelled: 'off', working: 'going', draining: 'waiting', silent: 'bad', paused: 'waiting' };

/** A state in its colour, and in words. */
export const pill = (state) => html`<span class="pill ${TONES[state] ?? 'off'}">${state}</span>`;

export const several = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
