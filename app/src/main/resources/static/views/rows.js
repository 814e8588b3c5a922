// What stands in the list of messages, one after the other: messages, days, and where the new ones begin.
import { html } from 'lit';
import { store } from '../store.js';
import './message.js';
import { day } from './parts.js';

const TOGETHER = 5 * 60_000; // messages of one author within that are shown as one

/** `{key, template}` of each row; `newAfter` is the position after which messages are new, undefined where none is. */
export function rows(shown, newAfter) {
  const all = [];
  let before = null;
  let divided = newAfter === undefined;
  for (const message of shown) {
    const newDay = !before || day(before.createdAt) !== day(message.createdAt);
    if (newDay) all.push(divider(`day ${message.createdAt.slice(0, 10)}`, 'day', day(message.createdAt)));
    const isNew = !divided && message.position > newAfter && message.author.id !== store.me.id;
    if (isNew) {
      divided = true;
      all.push(divider('new', 'new', 'New'));
    }
    const joined = !newDay && !isNew && follows(before, message);
    all.push({ key: message.id, template: html`<li><hf-message .message=${message} .joined=${joined} .asked=${asked(message, before)} .handles=${handles()}></hf-message></li>` });
    before = message;
  }
  return all;
}

const divider = (key, kind, words) => ({ key, template: html`<li class="divider ${kind}"><span>${words}</span></li>` });

const follows = (before, message) =>
  before && before.author.id === message.author.id && !message.replyTo && !before.deleted &&
  new Date(message.createdAt) - new Date(before.createdAt) < TOGETHER;

/** What a message replies to as it is now, unless that stands right above; null where this browser does not have it. */
const asked = ({ replyTo }, before) => (!replyTo || replyTo === before?.id ? undefined : (store.messages.remembered(replyTo) ?? null));

let known = new Set();
let knownOf = '';

/** Handles that a mention may name; the same set until an account comes to be known, or who I am. */
function handles() {
  const mine = store.me?.handle?.toLowerCase();
  const of = `${store.accounts.size} ${mine}`;
  if (knownOf !== of) {
    known = new Set([...store.accounts.values()].map((each) => each.handle.toLowerCase()));
    if (mine) known.add(mine);
    knownOf = of;
  }
  return known;
}
