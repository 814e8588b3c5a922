import { html, nothing } from 'lit';
import { post } from '../api.js';
import { problem } from '../views/parts.js';
import { View } from '../views/view.js';
import { several } from './words.js';

/** Asks before something is done to many things, does it, and says what came of it. */
class Confirm extends View {
  static properties = { asked: { state: true }, answers: { state: true } };

  /** `{title, text, sql, button, bad, path, body}`; resolves once the dialog is closed. */
  ask(asked) {
    this.problem = null;
    this.answers = null;
    this.asked = asked;
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.updateComplete.then(() => this.querySelector('dialog').showModal());
    });
  }

  render() {
    if (!this.asked) return nothing;
    return html`
      <dialog class="confirm" aria-labelledby="confirm-title" @close=${this.#closed}>
        <h2 id="confirm-title">${this.asked.title}</h2>
        ${this.answers ? this.#answered() : this.#question()}
      </dialog>`;
  }

  #question() {
    return html`
      <p>${this.asked.text}</p>
      <p class="quiet">The same in psql:</p>
      <pre tabindex="0"><code>${this.asked.sql}</code></pre>
      ${problem(this.problem)}
      <div class="buttons">
        <button type="button" autofocus @click=${this.#close}>Leave it</button>
        <button type="button" class=${this.asked.bad ? 'bad' : 'primary'} ?disabled=${this.busy} @click=${this.#go}>${this.asked.button}</button>
      </div>`;
  }

  #answered() {
    const counted = Object.entries(Object.groupBy(this.answers, (each) => each.outcome));
    const notable = this.answers.filter((each) => each.outcome !== 'queued' && each.outcome !== 'cancelled').slice(0, 50);
    return html`
      <p role="status">${counted.length === 0 ? 'Nothing had to change.' : counted.map(([outcome, them]) => several(them.length, outcome, outcome)).join(', ')}.</p>
      ${notable.length === 0 ? nothing : html`<ul class="answers">${notable.map((each) => html`<li><b>${each.id ?? each.agent ?? each.worker}</b> ${each.detail}</li>`)}</ul>`}
      <div class="buttons"><button type="button" class="primary" autofocus @click=${this.#close}>Done</button></div>`;
  }

  #go = () => this.attempt(async () => {
    this.answers = await post(this.asked.path, this.asked.body);
  });

  #close = () => this.querySelector('dialog').close();

  #closed = () => {
    const done = this.answers !== null;
    this.asked = null;
    this.resolve(done);
  };
}

customElements.define('hf-confirm', Confirm);
