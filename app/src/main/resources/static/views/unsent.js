import { html } from 'lit';
import { discard } from '../actions.js';
import { store } from '../store.js';
import { cut, nameOf } from './parts.js';

const ACTS = { delete: 'Delete a message', stop: 'Stop a reply', retry: 'Ask for a reply again' };

/** What was done and has not been sent, to be read, copied and discarded also where its channel is out of reach. */
export const unsent = (entries) => html`
  <ul class="people">${entries.map((each) => {
    const channel = store.channels.get(each.channelId);
    const words = each.content ?? ACTS[each.kind];
    return html`
      <li><span class="words" dir="auto">${words}</span>
        <span class="quiet">in <a href="/c/${each.channelId}">${channel ? nameOf(channel) : 'a channel that isn’t one of yours'}</a>. ${each.reason}</span>
        <button type="button" class="plain bad" aria-label="Discard “${cut(words, 0, 60)}”" @click=${(event) => throwAway(event, each)}>Discard</button></li>`;
  })}</ul>`;

function throwAway({ target }, { n }) {
  target.closest('[tabindex]').focus({ preventScroll: true }); // the button goes
  discard(n);
}
