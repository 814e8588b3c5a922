// Small pieces that several views share.
import { html, nothing } from 'lit';
import { store } from '../store.js';

export const avatar = ({ handle, displayName, kind }, size = '') => html`
  <span class="avatar hue-${hue(handle)} ${kind} ${size}" aria-hidden="true">${initials(displayName || handle)}</span>`;

const hue = (text = '') => [...text].reduce((sum, each) => (sum * 31 + each.codePointAt(0)) % 8, 7);

function initials(name = '?') {
  const words = name.trim().split(/\s+/);
  const first = [...words[0]][0] ?? '?';
  return (first + (words.length > 1 ? [...words.at(-1)][0] : '')).toUpperCase();
}

export const problem = (sentence) => (sentence ? html`<p class="problem" role="alert">${sentence}</p>` : nothing);

export const icon = (name) => html`<svg class="icon" aria-hidden="true" viewBox="0 0 24 24"><use href="/icons.svg#${name}"></use></svg>`;

/** A channel's name as people say it: #general, or who one talks to. */
export function nameOf(channel) {
  if (channel.kind !== 'direct') return channel.name;
  const others = (channel.members ?? []).filter((each) => each.id !== store.me?.id);
  return others.length > 0 ? others.map((each) => each.displayName || each.handle).join(', ') : `${store.me?.displayName ?? 'Me'} (me)`;
}

export const mark = (channel) => {
  if (channel.kind === 'direct') return avatar((channel.members ?? []).find((each) => each.id !== store.me?.id) ?? store.me, 'small');
  return icon(channel.kind === 'private' ? 'lock' : 'hash');
};

/** The server counts up to a hundred. */
export const upTo99 = (count) => (count > 99 ? '99+' : String(count));

/** A part of a text that begins and ends with whole characters: at the cut, half of one may be left. */
export const cut = (text, from, to) => text.slice(from, to).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');

const today = () => new Date().toDateString();
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const clock = (instant) => html`<time datetime=${instant} title=${FULL.format(new Date(instant))}>${CLOCK.format(new Date(instant))}</time>`;
export const moment = (instant) => (instant ? html`<time datetime=${instant}>${SHORT.format(new Date(instant))}</time>` : 'never');

export function day(instant) {
  const date = new Date(instant);
  if (date.toDateString() === today()) return 'Today';
  if (date.toDateString() === new Date(Date.now() - 86_400_000).toDateString()) return 'Yesterday';
  return (date.getFullYear() === new Date().getFullYear() ? DAY : DAY_AND_YEAR).format(date);
}

/** Whether a key belongs to an input method; of the Enter that ends a word, Safari says so by the code alone. */
export const composes = (event) => event.isComposing || event.keyCode === 229;

/** Whether a key ends what is being written. A phone's keyboard has no Shift+Enter, so its Enter begins a line and a button ends. */
export const submits = (event) =>
  event.key === 'Enter' && !event.shiftKey && !composes(event) && (event.ctrlKey || event.metaKey || matchMedia('(pointer: fine)').matches);

/** Whether the page is laid out in two columns. */
export const isWide = () => matchMedia('(min-width: 48rem)').matches;

export const isAdministrator = () => store.me?.role === 'administrator';
export const isOperator = () => ['administrator', 'operator'].includes(store.me?.role);
