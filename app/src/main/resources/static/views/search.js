import { html, nothing } from 'lit';
import { search } from '../actions.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { page } from './page.js';
import { avatar, cut, moment, nameOf, problem } from './parts.js';
import { View } from './view.js';

/** What the server leaves out: it would have to read every text. */
const PARTS = 'Words and their beginnings are found in all messages, parts from the middle of a word only in the newest.';

/** Finds messages; the query is in the address, so back works. */
class Search extends View {
  static properties = { query: {} };

  watches() {
    return ['search', 'channels'];
  }

  firstUpdated() {
    this.querySelector('input').focus();
  }

  willUpdate(changed) {
    super.willUpdate();
    if (changed.has('query') && this.query) this.#search();
  }

  #search() {
    this.attempt(() => search(this.query));
  }

  render() {
    const found = store.shelf.get('search');
    const current = found?.query === this.query ? found.messages : null;
    return page('Search', html`
      <form class="inline" role="search" @submit=${this.#submit}>
        <label class="grow"><span class="hidden">Search messages</span>
          <input name="q" type="search" .value=${this.query ?? ''} placeholder="Words that were said" autocomplete="off"></label>
        <button type="submit" class="primary">Search</button>
      </form>
      ${problem(this.problem)}
      <div role="status">
        ${this.busy ? html`<p class="quiet">Searching…</p>` : nothing}
        ${this.query && current?.length === 0 ? html`<div class="empty"><h2>Nothing found</h2><p>Try fewer or other words. Only channels that you are in are searched. ${PARTS}</p></div>` : nothing}
      </div>
      <ul class="found">${(this.query && current ? current : []).map((each) => this.#hit(each))}</ul>
      ${this.query && current?.length > 0 ? html`<p class="quiet">${found.more ? `These are the newest ${current.length}. More match: add a word to find older ones.` : PARTS}</p>` : nothing}`);
  }

  #hit(message) {
    const channel = store.channels.get(message.channelId);
    return html`
      <li><a href="/c/${message.channelId}?at=${message.position ?? message.seq}">
        ${avatar(message.author, 'small')}
        <span class="quiet"><b>${message.author.displayName}</b> in ${channel ? nameOf(channel) : 'a channel'} · ${moment(message.createdAt)}</span>
        <span class="excerpt" dir="auto">${excerpt(message.content, this.query)}</span>
      </a></li>`;
  }

  #submit = (event) => {
    event.preventDefault();
    const words = new FormData(event.target).get('q').trim();
    if (words && words === this.query) this.#search(); // what failed is tried again, what was found may be more now
    else if (words) go(`/search?q=${encodeURIComponent(words)}`);
  };
}

/** The part of a text around the first word that was looked for. */
function excerpt(content, query) {
  const word = query.trim().split(/\s+/)[0].toLowerCase();
  const at = content.toLowerCase().indexOf(word);
  if (at < 0) return cut(content, 0, 200);
  const from = Math.max(0, at - 60);
  return html`${from > 0 ? '…' : ''}${cut(content, from, at)}<mark>${content.slice(at, at + word.length)}</mark>${cut(content, at + word.length, at + 160)}`;
}

customElements.define('hf-search', Search);
