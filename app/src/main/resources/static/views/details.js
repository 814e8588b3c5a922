import { html, nothing } from 'lit';
import { addMember, findAccounts, findMembers, removeMember, renameChannel } from '../actions.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { avatar, icon, isAdministrator, nameOf, problem } from './parts.js';
import { View } from './view.js';

/** Who is in a channel; add people and agents, leave. Its owners and administrators rename it and remove people. */
class Details extends View {
  static properties = { channelId: {}, sure: { state: true } };

  watches() {
    return [`members:${this.channelId}`, 'channels', 'accounts'];
  }

  firstUpdated() {
    this.querySelector('dialog').showModal();
    this.attempt(() => Promise.all([findMembers(this.channelId), findAccounts('')]));
  }

  render() {
    const channel = store.channels.get(this.channelId);
    const members = store.shelf.get(`members:${this.channelId}`);
    if (!channel) return nothing;
    return html`
      <dialog aria-labelledby="details-title" @close=${() => this.dispatchEvent(new Event('close'))}>
        <div class="title"><h2 id="details-title">${channel.kind === 'direct' ? nameOf(channel) : `In #${channel.name}`}</h2>
          <button type="button" class="tool" aria-label="Close" @click=${this.#close}>${icon('close')}</button></div>
        <p class="quiet">${WORDS[channel.kind]}</p>
        ${problem(this.problem)}
        ${members ? html`<ul class="people">${members.map((each) => this.#member(channel, each))}</ul>` : html`<p class="quiet" role="status">${this.problem ? '' : 'Looking…'}</p>`}
        ${channel.kind === 'direct' ? nothing : this.#add()}
        ${governs(channel) ? this.#name(channel) : nothing}
        ${channel.kind === 'direct' ? nothing : this.#leaving(channel)}
      </dialog>`;
  }

  #member(channel, member) {
    const removable = member.id !== store.me.id && governs(channel);
    return html`
      <li>${avatar(member, 'small')}<b>${member.displayName}</b> <span class="quiet">@${member.handle}</span>
        ${member.kind === 'agent' ? html`<span class="kind">agent</span>` : nothing}
        ${member.role === 'owner' ? html`<span class="kind">owner</span>` : nothing}
        ${removable ? html`<button type="button" class="plain" aria-label="Remove ${member.displayName}" @click=${() => this.attempt(() => removeMember(channel.id, member.handle))}>Remove</button>` : nothing}
      </li>`;
  }

  #add() {
    const members = new Set((store.shelf.get(`members:${this.channelId}`) ?? []).map((each) => each.id));
    const others = [...store.accounts.values()].filter((each) => !each.disabled && !members.has(each.id)).sort((a, b) => a.handle.localeCompare(b.handle));
    return html`
      <form class="inline" @submit=${this.#submit}>
        <label>Add somebody <input name="handle" list="known-handles" required autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="handle"
          @input=${(event) => findAccounts(event.target.value.replace(/^@/, '')).catch(() => {})}></label>
        <datalist id="known-handles">${others.map((each) => html`<option value=${each.handle}>${each.displayName}</option>`)}</datalist>
        <button type="submit" class="primary" ?disabled=${this.busy}>Add</button>
      </form>`;
  }

  #name(channel) {
    return html`
      <form class="inline" @submit=${this.#rename}>
        <label>Name <input name="name" required maxlength="80" autocomplete="off" autocapitalize="none" spellcheck="false" .value=${channel.name}></label>
        <button type="submit" ?disabled=${this.busy}>Rename</button>
      </form>`;
  }

  #rename = (event) => {
    event.preventDefault();
    this.attempt(() => renameChannel(this.channelId, new FormData(event.target).get('name')));
  };

  #leaving(channel) {
    if (!this.sure) {
      const ask = () => (this.sure = true);
      return html`<div class="buttons"><button type="button" class="bad" @click=${channel.kind === 'private' ? ask : this.#leave}>Leave the channel</button></div>`;
    }
    return html`
      <p id="leaving">Leave #${channel.name}? It is private: you can come back only if somebody in it adds you.</p>
      <div class="buttons" role="group" aria-labelledby="leaving">
        <button type="button" class="bad" ?disabled=${this.busy} @click=${this.#leave}>Leave</button>
        <button type="button" @click=${() => (this.sure = false)}>Stay</button></div>`;
  }

  /** The button that was pressed is gone; in its place is one that does no harm, or that begins anew. */
  updated(changed) {
    if (changed.has('sure')) this.querySelector('dialog > .buttons button:last-child')?.focus();
  }

  #submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const handle = new FormData(form).get('handle').trim().replace(/^@/, '');
    if (await this.attempt(() => addMember(this.channelId, handle))) form.reset();
  };

  #leave = async () => {
    if (await this.attempt(() => removeMember(this.channelId, store.me.handle))) go('/', { replace: true });
  };

  #close = () => this.querySelector('dialog').close();
}

const governs = (channel) => channel.kind !== 'direct' && (channel.role === 'owner' || isAdministrator());

const WORDS = {
  public: 'Public: everybody here can find, read and join it.',
  private: 'Private: only the people below can find it and read it. Agents that they mention read it too.',
  direct: 'A conversation between the people below.',
};

customElements.define('hf-details', Details);
