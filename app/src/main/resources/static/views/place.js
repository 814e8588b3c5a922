/** Where the reader is in the list: at the bottom, which then sticks, or at a message, which then stays where it is on screen. */
export class Place {
  sticks = true;
  #view;
  #anchor = null;
  #was = 0;
  #drawing = 0; // updates whose messages have not drawn themselves: what is on screen is nobody's place yet

  /** @param view the element around the one that scrolls */
  constructor(view) {
    this.#view = view;
  }

  get #scroller() {
    return this.#view.querySelector('.scroller');
  }

  get fromTop() {
    return this.#scroller.scrollTop;
  }

  get fromBottom() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  get height() {
    return this.#scroller.clientHeight;
  }

  /** Notes the first message on screen. */
  remember() {
    const scroller = this.#scroller;
    if (!scroller || this.sticks || this.#drawing > 0) return;
    const { top } = scroller.getBoundingClientRect();
    const first = [...scroller.querySelectorAll('hf-message')].find((each) => each.getBoundingClientRect().bottom > top);
    this.#anchor = first && { element: first, at: first.getBoundingClientRect().top };
  }

  /** Brings the reader back to where they were, whatever happened above. */
  settle() {
    const scroller = this.#scroller;
    if (!scroller) return;
    if (this.sticks) scroller.scrollTop = scroller.scrollHeight;
    else if (this.#anchor?.element.isConnected) scroller.scrollTop += this.#anchor.element.getBoundingClientRect().top - this.#anchor.at;
    this.#was = scroller.scrollTop; // less than was asked for at the end
  }

  /** Waits until the messages, which draw themselves after the list, have done so. */
  async drawn() {
    this.#drawing += 1;
    await Promise.all([...this.#view.querySelectorAll('hf-message')].map((each) => each.updateComplete));
    this.#drawing -= 1;
  }

  /** Goes to an element; `atEnd` tells whether the list reaches the newest message, `anchor` what then stays where it is. */
  goTo(element, block, atEnd, anchor) {
    this.sticks = false;
    element.scrollIntoView({ block });
    this.sticks = this.#atBottom() && atEnd;
    // also while the messages above it draw themselves
    this.#anchor = { element: anchor, at: anchor.getBoundingClientRect().top };
  }

  /** The reader or the page has scrolled. */
  scrolled(atEnd) {
    const { scrollTop } = this.#scroller;
    // Only a move upwards is the reader's, however small: text that grows leaves us behind the bottom for a moment, too.
    if (scrollTop < this.#was - 1 && this.fromBottom > 1) this.sticks = false;
    else if (this.#atBottom() && (scrollTop > this.#was || this.fromBottom <= 1)) this.sticks = atEnd;
    this.#was = scrollTop;
    this.remember();
  }

  #atBottom = () => this.fromBottom < 60;
}
