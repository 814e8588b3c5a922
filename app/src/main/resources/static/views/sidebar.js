import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { createChannel } from '../actions.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { avatar, icon, isOperator, mark, nameOf, problem, upTo99 } from './parts.js';
import { View } from './view.js';

const SAID = { offline: 'You are offline. What you write is kept and sent later.', reconnecting: 'Reconnecting…', connecting: 'Connecting…' };

class Sidebar extends View {
  static properties = { making: { state: true } };

  #shown = null; // the channel whose row was brought into view

  watches() {
    return ['channels', 'me', 'connection', 'forgetful', 'route', 'outbox'];
  }

  render() {
    const all = [...store.channels.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    return html`
      <nav class="sidebar" aria-label="Channels and pages">
        <header>
          <a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28">Holdfast</a>
          <a class="tool" href="/search" aria-label="Search" title="Search">${icon('search')}</a>
        </header>
        ${this.#connection()}
        <div class="lists">
          ${this.#section('Channels', all.filter((each) => each.kind !== 'direct'), this.#makeButton())}
          <a class="row quiet" href="/browse">${icon('plus')}<span>Browse channels</span></a>
          ${this.#section('Direct messages', all.filter((each) => each.kind === 'direct'), nothing)}
          <a class="row quiet" href="/people">${icon('plus')}<span>Write to somebody</span></a>
        </div>
        <footer>
          <a class="row" href="/agents" aria-current=${this.#current('agents')}>${icon('agent')}<span>Agents</span></a>
          <a class="row" href="/people" aria-current=${this.#current('people')}>${icon('people')}<span>People</span></a>
          ${isOperator() ? html`<a class="row" href="/ops" aria-current=${this.#current('ops')}>${icon('pulse')}<span>Operations</span></a>` : nothing}
          <a class="row me" href="/settings" aria-current=${this.#current('settings')}>
            ${avatar(store.me, 'small')}<span>${store.me.displayName ?? store.me.handle}</span></a>
        </footer>
      </nav>
      ${this.making ? this.#dialog() : nothing}`;
  }

  updated() {
    const { channelId } = store.route;
    if (channelId === this.#shown || !store.channels.has(channelId)) return;
    this.#shown = channelId;
    this.querySelector(`[data-channel-id="${channelId}"]`).scrollIntoView({ block: 'nearest' });
  }

  #current(page) {
    return store.route.page === page ? 'page' : nothing;
  }

  #connection() {
    const words = SAID[store.connection];
    return html`
      <p class="connection ${store.connection}" role="status">${words ?? nothing}</p>
      ${store.forgetful ? html`<p class="connection">This browser keeps nothing for Holdfast: what is not sent when you close this tab is lost.</p>` : nothing}`;
  }

  #makeButton() {
    return html`<button type="button" class="tool" aria-label="Make a channel" title="Make a channel" @click=${this.#open}>${icon('plus')}</button>`;
  }

  #section(title, channels, tool) {
    return html`
      <section>
        <div class="heading"><h2>${title}</h2>${tool}</div>
        <ul>${repeat(channels, (each) => each.id, (each) => this.#row(each))}</ul>
      </section>`;
  }

  #row(channel) {
    const here = store.route.channelId === channel.id;
    const unread = here && document.hasFocus() ? 0 : (channel.unread ?? 0);
    const unsent = store.outbox.some((each) => each.channelId === channel.id && each.state === 'failed');
    return html`
      <li>
        <a class="row ${unread > 0 ? 'unread' : ''}" href="/c/${channel.id}" aria-current=${here ? 'page' : nothing} data-channel-id=${channel.id}>
          ${mark(channel)}<span class="name">${nameOf(channel)}</span>
          ${unsent ? html`<span class="badge bad" title="A message could not be sent">!</span>` : nothing}
          ${unread > 0 ? html`<span class="badge"><span aria-hidden="true">${upTo99(unread)}</span><span class="hidden">${upTo99(unread)} unread</span></span>` : nothing}
        </a>
      </li>`;
  }

  #open() {
    this.problem = null;
    this.making = true;
    this.updateComplete.then(() => this.querySelector('dialog').showModal());
  }

  #close() {
    this.making = false;
  }

  async #make(event) {
    event.preventDefault();
    const fields = new FormData(event.target);
    await this.attempt(async () => {
      const channel = await createChannel({ name: fields.get('name').trim().replace(/^#/, ''), private: fields.has('private') });
      this.#close();
      go(`/c/${channel.id}`);
    });
  }

  #dialog() {
    return html`
      <dialog @close=${this.#close} aria-labelledby="make-title">
        <form @submit=${this.#make}>
          <h2 id="make-title">Make a channel</h2>
          <label>Name <input name="name" required maxlength="80" autocomplete="off" spellcheck="false" placeholder="garden"></label>
          <label class="check"><input type="checkbox" name="private"> Private: only people who are added can find and read it</label>
          ${problem(this.problem)}
          <div class="buttons">
            <button type="button" @click=${(event) => event.target.closest('dialog').close()}>Cancel</button>
            <button type="submit" class="primary" ?disabled=${this.busy}>Make it</button>
          </div>
        </form>
      </dialog>`;
  }
}

customElements.define('hf-sidebar', Sidebar);
