import { html, nothing } from 'lit';
import { changeAgent, directMessage, findAgents, makeAgent } from '../actions.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { page } from './page.js';
import { avatar, isAdministrator, problem } from './parts.js';
import { View } from './view.js';

const PROVIDERS = ['openai', 'anthropic', 'ollama', 'guide'];
const LIMITS = [
  ['firstTokenSeconds', 'Longest wait for the first word', 60],
  ['idleSeconds', 'Longest silence after it', 60],
  ['totalSeconds', 'Longest reply', 900],
];

/** The agents; administrators make, change and pause them. */
class Agents extends View {
  static properties = { editing: { state: true } };

  watches() {
    return ['agents', 'me', 'kept'];
  }

  firstUpdated() {
    this.attempt(findAgents);
  }

  render() {
    const agents = store.kept.get('agents') ?? [];
    const tool = isAdministrator() ? html`<button type="button" class="primary" @click=${() => this.#open({})}>Make an agent</button>` : nothing;
    return page('Agents', html`
      ${problem(this.editing ? null : this.problem)}
      <p class="quiet">Mention an agent in a channel, and it answers there.</p>
      <ul class="cards">${agents.map((each) => this.#card(each))}</ul>
      ${this.editing ? this.#dialog(this.editing) : nothing}`, tool);
  }

  #card(agent) {
    const pause = agent.paused ? 'Resume' : 'Pause';
    return html`
      <li class="card">
        <div class="title">${avatar({ ...agent, kind: 'agent' })}<div><b>${agent.displayName}</b><br><span class="quiet">@${agent.handle} · ${agent.provider}${agent.model && agent.model !== agent.provider ? ` · ${agent.model}` : ''}</span></div>
          ${agent.paused ? html`<span class="kind bad">paused</span>` : nothing}</div>
        <div class="buttons">
          <button type="button" aria-label="Write to ${agent.displayName}" @click=${() => this.#write(agent)}>Write</button>
          ${isAdministrator() ? html`
            <button type="button" aria-label="${pause} ${agent.displayName}" @click=${() => this.attempt(() => changeAgent(agent.id, { paused: !agent.paused }))}>${pause}</button>
            <button type="button" aria-label="Change ${agent.displayName}" @click=${() => this.#open(agent)}>Change</button>` : nothing}
        </div>
      </li>`;
  }

  async #write(agent) {
    await this.attempt(async () => go(`/c/${(await directMessage(agent.handle)).id}`));
  }

  #open(agent) {
    this.problem = null;
    this.editing = agent;
    this.updateComplete.then(() => this.querySelector('dialog').showModal());
  }

  #dialog(agent) {
    return html`
      <dialog aria-labelledby="agent-title" @close=${() => (this.editing = null)}>
        <form class="stack" @submit=${this.#save}>
          <h2 id="agent-title">${agent.id ? `Change @${agent.handle}` : 'Make an agent'}</h2>
          ${agent.id ? nothing : html`<label>Handle <input name="handle" required maxlength="32" autocapitalize="none" spellcheck="false" placeholder="ada"></label>`}
          <label>Name <input name="displayName" required maxlength="80" .value=${agent.displayName ?? ''} placeholder="Ada"></label>
          <label>Provider <select name="provider">${PROVIDERS.map((each) => html`<option ?selected=${each === agent.provider}>${each}</option>`)}</select></label>
          <label>Model <input name="model" maxlength="200" autocapitalize="none" spellcheck="false" .value=${agent.model ?? ''}></label>
          <label>System prompt <textarea name="systemPrompt" rows="5" .value=${agent.systemPrompt ?? ''}></textarea></label>
          <label>Options (JSON) <textarea name="options" rows="2" spellcheck="false" .value=${JSON.stringify(agent.options ?? {})}></textarea></label>
          <label>Replies at once (Ollama: its OLLAMA_NUM_PARALLEL, by default 1) <input name="maxConcurrency" type="number" min="1" max="100000" placeholder="no limit" .value=${String(agent.maxConcurrency ?? '')}></label>
          ${LIMITS.map(([name, says, usual]) => html`<label>${says} (seconds) <input name=${name} type="number" required min="1" max="86400" .value=${String(agent[name] ?? usual)}></label>`)}
          <label class="check"><input type="checkbox" name="answersAgents" .checked=${agent.answersAgents ?? false}> Answers when another agent mentions it</label>
          ${problem(this.problem)}
          <div class="buttons"><button type="button" @click=${(event) => event.target.closest('dialog').close()}>Cancel</button>
            <button type="submit" class="primary" ?disabled=${this.busy}>Save</button></div>
        </form>
      </dialog>`;
  }

  #save = async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    const agent = this.editing;
    const done = await this.attempt(async () => {
      const limits = Object.fromEntries(LIMITS.map(([name]) => [name, Number(fields[name])]));
      const whole = {
        ...fields, ...limits, answersAgents: 'answersAgents' in fields, options: parsed(fields.options),
        maxConcurrency: fields.maxConcurrency === '' ? null : Number(fields.maxConcurrency),
      };
      await (agent.id ? changeAgent(agent.id, whole) : makeAgent(whole));
    });
    if (done) this.querySelector('dialog').close();
  };
}

function parsed(options) {
  try {
    return JSON.parse(options || '{}');
  } catch {
    throw new Error('The options are not JSON. Write them like {"temperature": 0.2}, or leave {}.');
  }
}

customElements.define('hf-agents', Agents);
