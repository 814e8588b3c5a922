import { html, nothing } from 'lit';
import { findPublic, joinChannel } from '../actions.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { page } from './page.js';
import { icon, problem } from './parts.js';
import { View } from './view.js';

const MOST = 1000; // that the server lists

/** Every public channel, to look in and join. */
class Browse extends View {
  static properties = { part: { state: true } };

  watches() {
    return ['public channels', 'channels'];
  }

  firstUpdated() {
    this.attempt(() => findPublic());
  }

  render() {
    const found = store.shelf.get('public channels');
    const part = this.part ?? '';
    const shown = (found?.channels ?? []).filter((each) => each.name.toLowerCase().includes(part));
    return page('Public channels', html`
      ${problem(this.problem)}
      <label class="filter"><span class="hidden">Find a channel</span><input type="search" placeholder="Find by name" autocomplete="off" @input=${this.#typed}></label>
      ${found?.part === part && shown.length === 0 ? this.#none(part) : nothing}
      <ul class="cards">${shown.map((each) => this.#card(each))}</ul>
      ${found?.channels.length === MOST ? html`<p class="quiet">There are more. Type a part of a name to find others.</p>` : nothing}`);
  }

  #none(part) {
    return part
      ? html`<div class="empty"><h2>No public channel has this in its name</h2><p>Type less of it, or make one with the + beside “Channels”.</p></div>`
      : html`<div class="empty"><h2>No public channels yet</h2><p>Make one with the + beside “Channels”.</p></div>`;
  }

  #typed = (event) => {
    this.part = event.target.value.normalize('NFC').trim().replace(/^#/, '').toLowerCase();
    findPublic(this.part).catch(() => {}); // offline, the known ones are listed
  };

  #card(channel) {
    const joined = store.channels.has(channel.id);
    return html`
      <li class="card"><div class="title">${icon('hash')}<b>${channel.name}</b><span class="quiet">${channel.members === 1 ? '1 member' : `${channel.members} members`}</span></div>
        ${joined
          ? html`<a class="button" href="/c/${channel.id}">Open</a>`
          : html`<button type="button" class="primary" aria-label="Join ${channel.name}" ?disabled=${this.busy} @click=${() => this.#join(channel)}>Join</button>`}
      </li>`;
  }

  async #join(channel) {
    if (await this.attempt(() => joinChannel(channel))) go(`/c/${channel.id}`);
  }
}

customElements.define('hf-browse', Browse);
