import { html, nothing } from 'lit';

/** Which rows of a table are ticked. A row that is gone from the table is no longer ticked. */
export class Selection {
  #ticked = new Set();
  #shown = [];

  constructor(changed) {
    this.changed = changed;
  }

  /** The rows' keys, as they are drawn now. */
  show(keys) {
    this.#shown = keys;
    const there = new Set(keys);
    this.#ticked.forEach((key) => there.has(key) || this.#ticked.delete(key));
  }

  get keys() {
    return [...this.#ticked];
  }

  clear() {
    this.#ticked.clear();
    this.changed();
  }

  box(key, name) {
    return html`<input type="checkbox" aria-label="Select ${name}" .checked=${this.#ticked.has(key)} @change=${(event) => this.#tick(key, event.target.checked)}>`;
  }

  all(name) {
    const every = this.#shown.length > 0 && this.#shown.every((key) => this.#ticked.has(key));
    return html`<input type="checkbox" aria-label="Select all ${name}" .checked=${every} .indeterminate=${!every && this.#ticked.size > 0} @change=${(event) => this.#tickAll(event.target.checked)}>`;
  }

  /** The buttons for what is ticked; nothing as long as nothing is. */
  bar(words, buttons) {
    if (this.#ticked.size === 0) return nothing;
    return html`<div class="bulk" role="group" aria-label="For what is selected"><span>${words(this.#ticked.size)}</span>${buttons}
      <button type="button" class="plain" @click=${() => this.clear()}>Select none</button></div>`;
  }

  #tick(key, ticked) {
    if (ticked) this.#ticked.add(key);
    else this.#ticked.delete(key);
    this.changed();
  }

  #tickAll(ticked) {
    this.#shown.forEach((key) => (ticked ? this.#ticked.add(key) : this.#ticked.delete(key)));
    this.changed();
  }
}
