import { html, nothing } from 'lit';
import { changeAccount, makeResetLink } from '../actions.js';
import { store } from '../store.js';
import { icon, problem } from './parts.js';
import { View } from './view.js';

const ROLES = ['member', 'operator', 'administrator'];

/** What administrators do with somebody's account: its role, closing it, a new password. */
class Manage extends View {
  static properties = { managed: { state: true }, sure: { state: true }, link: { state: true } };

  watches() {
    return ['accounts'];
  }

  async open(account) {
    this.problem = null;
    this.sure = false;
    this.link = null;
    this.managed = account.id;
    await this.updateComplete;
    this.querySelector('dialog').showModal();
  }

  render() {
    const account = store.accounts.get(this.managed);
    if (!account) return nothing;
    return html`
      <dialog aria-labelledby="manage-title" @close=${() => (this.managed = null)}>
        <div class="title"><h2 id="manage-title">${account.displayName} <span class="quiet">@${account.handle}</span></h2>
          <button type="button" class="tool" aria-label="Close" @click=${(event) => event.target.closest('dialog').close()}>${icon('close')}</button></div>
        <label>Role <select ?disabled=${this.busy} @change=${(event) => this.#role(account, event.target)}>
          ${ROLES.map((each) => html`<option ?selected=${each === account.role}>${each}</option>`)}</select></label>
        ${problem(this.problem)}
        ${this.link ? html`
          <p class="fresh" role="status">Send this link; it is shown only now. For a day a new password can be chosen there, once.
            <input readonly aria-label="Link for a new password" .value=${location.origin + this.link} @focus=${(event) => event.target.select()}></p>` : nothing}
        ${this.sure ? this.#closing(account) : html`
          <div class="buttons">
            ${account.disabled
              ? html`<button type="button" ?disabled=${this.busy} @click=${() => this.#change(account, { disabled: false })}>Open again</button>`
              : html`<button type="button" ?disabled=${this.busy} @click=${() => this.#reset(account)}>Reset password</button>
                <button type="button" class="bad" @click=${() => (this.sure = true)}>Close account</button>`}</div>`}
      </dialog>`;
  }

  #closing(account) {
    return html`
      <p id="closing">Close the account of ${account.displayName}? It is signed out everywhere, and nobody can sign in to it until you open it again.</p>
      <div class="buttons" role="group" aria-labelledby="closing">
        <button type="button" class="bad" ?disabled=${this.busy} @click=${() => this.#change(account, { disabled: true })}>Close it</button>
        <button type="button" @click=${() => (this.sure = false)}>Leave it open</button></div>`;
  }

  /** The button that was pressed is gone; in its place is one that does no harm, or that begins anew. */
  updated(changed) {
    if (changed.get('sure') !== undefined) this.querySelector('dialog > .buttons button:last-child')?.focus();
  }

  async #role(account, field) {
    if (!(await this.#change(account, { role: field.value }))) field.value = account.role;
  }

  async #change(account, fields) {
    const done = await this.attempt(() => changeAccount(account.id, fields));
    if (done) this.sure = false;
    return done;
  }

  #reset = (account) => this.attempt(async () => {
    const { link } = await makeResetLink(account.id);
    if (this.managed === account.id) this.link = link; // else it has come too late, when another's is managed
  });
}

customElements.define('hf-manage', Manage);
