// Shows text that grows: blocks of Markdown that can no longer change are left alone, only the last is rendered again.
// So the work for each piece of text doesn't grow with the reply.
import { blocks, render } from './markdown.js';

const SHARE = 4; // at most a quarter of the time goes into rendering

export class Growing {
  #root;
  #env = {};
  #source = '';
  #settled = 0; // characters whose blocks are done
  #tail = [];
  #frame = 0;
  #cost = 0;
  #last = 0;
  #timer = 0;

  constructor(root) {
    this.#root = root;
  }

  /** Shows a source; while it grows the last block is provisional, at its end all is rendered as one. */
  show(source, { growing, env = {} }) {
    const continues = growing && source.startsWith(this.#source) && this.#source !== '';
    this.#env = env;
    if (!growing) return this.#whole(source);
    if (!continues) this.#reset();
    this.#source = source;
    return this.#soon();
  }

  #whole(source) {
    this.#cancel();
    this.#source = source;
    this.#settled = 0;
    this.#tail = [];
    this.#lay([...this.#root.childNodes], [...render(source, this.#env).childNodes]);
  }

  #reset() {
    this.#root.replaceChildren();
    this.#settled = 0;
    this.#tail = [];
  }

  /** In the next frame, or later where rendering is dear. Hidden tabs have no frames and need none. */
  #soon() {
    if (this.#frame || this.#timer) return;
    const wait = this.#last + this.#cost * SHARE - performance.now();
    const inFrame = () => {
      this.#timer = 0;
      this.#frame = requestAnimationFrame(() => this.#draw());
    };
    if (wait > 16) this.#timer = setTimeout(inFrame, wait);
    else inFrame();
  }

  #draw() {
    this.#frame = 0;
    const began = performance.now();
    const done = this.#settle();
    const fresh = [...render(this.#source.slice(this.#settled), { ...this.#env, growing: true }).childNodes];
    this.#tail = this.#lay(this.#tail, [...done, ...fresh]).slice(done.length);
    this.#last = performance.now();
    this.#cost = this.#last - began;
  }

  /** Puts nodes in the place of those drawn before. What has not changed stays: somebody may be selecting in it, or pressing its button. */
  #lay(before, fresh) {
    const differs = fresh.findIndex((node, n) => !isSame(before[n], node));
    const kept = differs < 0 ? fresh.length : differs;
    before.slice(kept).forEach((node) => node.remove());
    this.#root.append(...fresh.slice(kept));
    return [...before.slice(0, kept), ...fresh.slice(kept)];
  }

  /** All blocks but the last two are done: what follows can only change the last (and a table or a list its neighbour). Answers what has become so. */
  #settle() {
    const rest = this.#source.slice(this.#settled);
    const found = blocks(rest);
    if (found.length < 3) return [];
    const end = startOfLine(rest, found.at(-2)[0]);
    this.#settled += end;
    return [...render(rest.slice(0, end), this.#env).childNodes];
  }

  #cancel() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = this.#timer = 0;
  }

  close() {
    this.#cancel();
  }
}

/** Of code, without its button, which may be saying that it was copied. */
function isSame(drawn, node) {
  if (!drawn || drawn.isEqualNode(node)) return Boolean(drawn);
  const isCode = (each) => each instanceof Element && each.matches('.code');
  return isCode(drawn) && isCode(node) && drawn.dataset.language === node.dataset.language && drawn.lastChild.isEqualNode(node.lastChild);
}

function startOfLine(text, line) {
  const ends = /\r\n?|\n/g; // what markdown-it counts as the end of a line
  for (let count = 0; count < line; count++) ends.exec(text);
  return ends.lastIndex;
}
