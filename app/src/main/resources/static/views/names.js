// The people and agents that are offered while one writes @ and a part of a name.
import { html, nothing } from 'lit';
import { store } from '../store.js';
import { avatar } from './parts.js';

const OFFERED = 6;

/** Who may be meant by the beginning of a handle or a name: whose handle it is, then agents first. Administrators also know of closed accounts. */
export function namesLike(beginning) {
  const begins = beginning.toLowerCase();
  const fits = (each) => each.handle.toLowerCase().startsWith(begins) || (each.displayName ?? '').toLowerCase().startsWith(begins);
  const isWhole = (each) => each.handle.toLowerCase() === begins;
  const order = (each) => (isWhole(each) ? 0 : each.kind === 'agent' ? 1 : 2);
  return [...store.accounts.values()].filter((each) => !each.disabled && (each.id !== store.me.id || isWhole(each)) && fits(each))
    .sort((a, b) => order(a) - order(b) || a.handle.localeCompare(b.handle)).slice(0, OFFERED);
}

export const listbox = (names, chosen, pick) => html`
  <ul class="names" id="names" role="listbox" aria-label="People and agents">
    ${names.map((each, index) => html`
      <li id="name-${index}" role="option" aria-selected=${index === chosen} @mousedown=${(event) => pick(event, each)}>
        ${avatar(each, 'small')}<b>${each.displayName}</b> <span class="quiet">@${each.handle}</span>
        ${each.kind === 'agent' ? html`<span class="kind">agent</span>` : nothing}
      </li>`)}
  </ul>`;
