import { html, nothing } from 'lit';
import { findPublic, joinChannel } from '../actions.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { page } from './page.js';
import { icon, problem } from './parts.js';
import { View } from './view.js';

/** Every public channel, to look in and join. */
class Browse extends View {
  watches() {
    return ['public channels', 'channels'];
  }

  firstUpdated() {
    this.attempt(findPublic);
  }

  render() {
    const list = store.shelf.get('public channels');
    return page('Public channels', html`
      ${problem(this.problem)}
      ${list?.length === 0 ? html`<div class="empty"><h2>No public channels yet</h2><p>Make one with the + beside “Channels”.</p></div>` : nothing}
      <ul class="cards">${(list ?? []).map((each) => this.#card(each))}</ul>`);
  }

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
