import { html, nothing } from 'lit';
import { go } from '../route.js';
import { store } from '../store.js';
import './agents.js';
import './browse.js';
import './channel.js';
import './entry.js';
import { isWide, nameOf, upTo99 } from './parts.js';
import './people.js';
import './search.js';
import './settings.js';
import './sidebar.js';
import { View } from './view.js';

/** The whole page: who is here and what the address says decide what is shown. */
class App extends View {
  watches() {
    return ['session', 'route', 'channels', 'me', 'release'];
  }

  render() {
    const { page } = store.route;
    if (store.session === 'starting') return nothing; // index.html says so, as it does where no module arrives
    if (page === 'reset') return html`<hf-reset .code=${store.route.code}></hf-reset>`;
    if (page === 'join' && store.session !== 'signed-in') return html`<hf-join .code=${store.route.code}></hf-join>`;
    if (store.session === 'setup') return html`<hf-setup></hf-setup>`;
    if (store.session === 'signed-out') return html`<hf-sign-in></hf-sign-in>`;
    return html`
      <a class="skip" href="#main" @click=${this.#skip}>Skip to the conversation</a>
      <div class="shell ${page === 'start' ? 'at-start' : ''}">
        <hf-sidebar></hf-sidebar>
        <main id="main" tabindex="-1">${this.#main()}</main>
      </div>
      ${this.#release()}`;
  }

  #skip(event) {
    event.preventDefault();
    document.getElementById('main').focus();
  }

  #main() {
    const { page, channelId, at, query } = store.route;
    switch (page) {
      case 'channel': return html`<hf-channel .channelId=${channelId} .at=${at}></hf-channel>`;
      case 'agents': return html`<hf-agents></hf-agents>`;
      case 'people': return html`<hf-people></hf-people>`;
      case 'browse': return html`<hf-browse></hf-browse>`;
      case 'search': return html`<hf-search .query=${query}></hf-search>`;
      case 'settings': return html`<hf-settings></hf-settings>`;
      case 'ops':
        import('../operations/ops.js'); // charts and all: only for those who look at them
        return html`<hf-ops></hf-ops>`;
      default: return html`<h1>Channels</h1>`;
    }
  }

  #release() {
    const takeOver = store.shelf.get('release');
    if (!takeOver) return nothing;
    return html`<div class="release" role="status">A new version of Holdfast is here. <button type="button" class="plain" @click=${takeOver}>Reload</button></div>`;
  }

  updated() {
    document.querySelector('.starting').hidden = store.session !== 'starting';
    this.#title();
    if (store.session !== 'signed-in') return;
    if (store.route.page === 'join') go('/', { replace: true });
    if (store.route.page === 'start' && isWide()) this.#openSomething();
  }

  #openSomething() {
    const last = localStorage.getItem('holdfast.channel');
    const channel = store.channels.get(last) ?? [...store.channels.values()].find((each) => each.name === 'general') ?? [...store.channels.values()][0];
    if (channel) go(`/c/${channel.id}`, { replace: true });
  }

  /** Who is not signed in is told nothing: the store knows no channel then. */
  #title() {
    const unread = [...store.channels.values()].reduce((sum, each) => sum + (each.unread ?? 0), 0);
    const channel = store.channels.get(store.route.channelId);
    const here = channel ? `${channel.kind === 'direct' ? '' : '#'}${nameOf(channel)}` : store.session === 'signed-in' && TITLES[store.route.page];
    const name = here ? `${here} · Holdfast` : 'Holdfast';
    document.title = unread > 0 ? `(${upTo99(unread)}) ${name}` : name;
  }
}

const TITLES = { agents: 'Agents', people: 'People', browse: 'Public channels', search: 'Search', settings: 'Settings', ops: 'Operations' };

customElements.define('hf-app', App);
