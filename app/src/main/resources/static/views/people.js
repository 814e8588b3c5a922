import { html, nothing } from 'lit';
import { directMessage, findAccounts, findInvites, invite, revokeInvite } from '../actions.js';
import { serverTime } from '../clock.js';
import { go } from '../route.js';
import { store } from '../store.js';
import './manage.js';
import { page } from './page.js';
import { avatar, isAdministrator, moment, problem } from './parts.js';
import { View } from './view.js';

/** Everybody here; write to them, and invite others. */
class People extends View {
  static properties = { filter: { state: true }, more: { state: true } };

  watches() {
    return ['accounts', 'invites', 'fresh invite', 'me'];
  }

  firstUpdated() {
    this.attempt(() => this.#find(''));
    if (isAdministrator()) this.attempt(findInvites);
  }

  render() {
    return page('People', html`
      ${problem(this.problem)}
      ${isAdministrator() ? this.#invites() : nothing}
      <h2>Everybody</h2>
      <label class="filter"><span class="hidden">Find somebody</span><input type="search" placeholder="Find by handle" autocomplete="off" @input=${this.#typed}></label>
      <ul class="people">${this.#shown().map((each) => html`
        <li>${avatar(each, 'small')}<b>${each.displayName}</b> <span class="quiet">@${each.handle}</span>
          ${each.kind === 'agent' ? html`<span class="kind">agent</span>` : nothing}
          ${each.disabled ? html`<span class="kind bad">closed</span>` : html`<button type="button" class="plain" aria-label="Write to ${each.displayName}" @click=${() => this.#write(each)}>Write</button>`}
          ${isAdministrator() && each.kind === 'human' && each.role ? html`<button type="button" class="plain" aria-label="Manage ${each.displayName}" @click=${() => this.querySelector('hf-manage').open(each)}>Manage</button>` : nothing}</li>`)}</ul>
      ${this.more ? html`<p class="quiet">There are more. Type how a handle or a name begins to find others.</p>` : nothing}
      <hf-manage></hf-manage>`);
  }

  #shown() {
    const part = (this.filter ?? '').toLowerCase();
    return [...store.accounts.values()].filter((each) => each.id !== store.me.id && `${each.handle} ${each.displayName}`.toLowerCase().includes(part))
      .sort((a, b) => a.displayName.localeCompare(b.displayName));
  }

  #typed = (event) => {
    this.filter = event.target.value.replace(/^@/, '');
    this.#find(this.filter).catch(() => {}); // offline, the known ones are listed
  };

  async #find(beginning) {
    this.more = await findAccounts(beginning);
  }

  async #write(account) {
    await this.attempt(async () => {
      const channel = await directMessage(account.handle);
      go(`/c/${channel.id}`);
    });
  }

  // --- invitations ---

  #invites() {
    const fresh = store.shelf.get('fresh invite');
    const open = (store.shelf.get('invites') ?? []).filter((each) => !each.revokedAt && new Date(each.expiresAt) > serverTime());
    return html`
      <h2>Invite somebody</h2>
      <form class="inline" @submit=${this.#invite}>
        <label>Valid for <select name="days"><option value="1">a day</option><option value="7" selected>a week</option><option value="30">a month</option></select></label>
        <label>for <select name="maxUses"><option value="1" selected>one person</option><option value="10">10 people</option><option value="100">100 people</option></select></label>
        <button type="submit" class="primary" ?disabled=${this.busy}>Make a link</button>
      </form>
      ${fresh ? html`
        <p class="fresh" role="status">Send this link; it is shown only now.
          <input readonly aria-label="Invitation link" .value=${`${location.origin}/join#${fresh.code}`} @focus=${(event) => event.target.select()}></p>` : nothing}
      ${open.length > 0 ? html`
        <ul class="people">${open.map((each, n) => html`
          <li><span id="invite-${n}">Used ${each.uses} of ${each.maxUses}, until ${moment(each.expiresAt)}, made by @${each.createdBy}</span>
            <button type="button" class="plain" id="revoke-${n}" aria-labelledby="revoke-${n} invite-${n}" @click=${() => this.attempt(() => revokeInvite(each.id))}>Revoke</button></li>`)}</ul>` : nothing}`;
  }

  #invite = (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    this.attempt(() => invite({ days: Number(fields.get('days')), maxUses: Number(fields.get('maxUses')) }));
  };
}

customElements.define('hf-people', People);
