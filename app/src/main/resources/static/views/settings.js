import { html, nothing } from 'lit';
import { changePassword, endSession, findSessions, rename, signOut } from '../actions.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { page } from './page.js';
import { moment, problem } from './parts.js';
import { unsent } from './unsent.js';
import { View } from './view.js';

/** My name, my password, where I am signed in, and the way out. */
class Settings extends View {
  static properties = { said: { state: true }, sure: { state: true } };

  watches() {
    return ['me', 'sessions', 'outbox', 'channels'];
  }

  firstUpdated() {
    this.attempt(findSessions);
  }

  render() {
    return page('Settings', html`
      ${problem(this.problem)}
      <p role="status" class="quiet">${this.said ?? nothing}</p>
      <form class="stack" @submit=${this.#rename}>
        <h2>You</h2>
        <p class="quiet">@${store.me.handle}, ${store.me.role}</p>
        <label>Name <input name="displayName" required maxlength="80" .value=${store.me.displayName ?? ''}></label>
        <button type="submit">Save the name</button>
      </form>
      <form class="stack" @submit=${this.#password}>
        <h2>Password</h2>
        <label>Now <input name="current" type="password" required autocomplete="current-password"></label>
        <label>New <input name="password" type="password" required autocomplete="new-password"></label>
        <button type="submit">Change the password</button>
      </form>
      <h2>Signed in</h2>
      <ul class="people">${(store.shelf.get('sessions') ?? []).map((each, n) => html`
        <li><span id="session-${n}">${each.current ? html`<b>This browser</b>` : browserOf(each.userAgent)}<br><span class="quiet">last used ${moment(each.lastUsedAt)}</span></span>
          ${each.current ? nothing : html`<button type="button" class="plain bad" id="end-${n}" aria-labelledby="end-${n} session-${n}" @click=${() => this.attempt(() => endSession(each.id))}>Sign out there</button>`}</li>`)}</ul>
      ${store.outbox.length > 0 ? html`<h2>Not sent yet</h2>${unsent(store.outbox)}` : nothing}
      <h2>Leave</h2>
      ${this.#leave()}`);
  }

  #leave() {
    const { length } = store.outbox;
    if (length > 0 && !this.sure) {
      return html`<p>${length === 1 ? 'One thing has' : `${length} things have`} not been sent yet and would be lost.
        <button type="button" class="bad" @click=${() => (this.sure = true)}>Sign out anyway…</button></p>`;
    }
    return html`<p class="quiet">Signing out also removes the copy of your messages from this browser.</p>
      <button type="button" class="bad" ?disabled=${this.busy} @click=${this.#signOut}>Sign out</button>`;
  }

  #signOut = async () => {
    if (await this.attempt(signOut)) go('/', { replace: true });
  };

  #rename = (event) => this.#save(event, ({ displayName }) => rename(displayName), 'Saved.');
  #password = (event) => this.#save(event, changePassword, 'The password is changed.');

  async #save(event, act, words) {
    event.preventDefault();
    const form = event.target;
    this.said = null;
    if (!(await this.attempt(() => act(Object.fromEntries(new FormData(form)))))) return;
    this.said = words;
    if (form.querySelector('[type=password]')) form.reset();
  }
}

/** "Firefox on Linux", as far as browsers say what they are; each also names the others. */
function browserOf(userAgent = '') {
  const found = (names) => names.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const browser = found([['Edge', /Edg\//], ['Opera', /OPR\//], ['Firefox', /Firefox|FxiOS/], ['Chrome', /Chrome|CriOS/], ['Safari', /Safari/]]);
  const system = found([['Android', /Android/], ['iPhone or iPad', /iPhone|iPad/], ['Windows', /Windows/], ['Mac', /Mac OS/], ['Linux', /Linux/]]);
  return [browser ?? 'Another browser', system].filter(Boolean).join(' on ');
}

customElements.define('hf-settings', Settings);
