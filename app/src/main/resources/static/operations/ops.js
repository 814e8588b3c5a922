// The operators' page: everything at a glance, and for administrators the ways to mend it.
import { html, nothing } from 'lit';
import { get } from '../api.js';
import { go } from '../route.js';
import { store } from '../store.js';
import { icon, isAdministrator, isOperator, problem } from '../views/parts.js';
import { View } from '../views/view.js';
import { charts } from './charts.js';
import './confirm.js';
import { agents, workers } from './fleet.js';
import { generations } from './generations.js';
import { Selection } from './selection.js';
import { story } from './story.js';

const EVERY = 2_000;
const KEPT = 360;
/** After which the web process whose charts are shown is taken for gone. */
const PATIENCE = 30_000;

class Ops extends View {
  static properties = { at: { state: true } };

  #queue = [];
  #workers = [];
  #rows = [];
  #samples = [];
  #throughput = [];
  #worker = false;
  #process = null;
  #heard = 0;
  #filter = {};
  #limit = 50;
  #story = null;
  #round = 0;
  #timer = 0;
  #began = false;
  #picked = { agents: this.#selection(), workers: this.#selection(), generations: this.#selection() };

  #selection() {
    return new Selection(() => this.requestUpdate());
  }

  watches() {
    return ['me', 'route'];
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#look);
    this.#look();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#look);
    clearTimeout(this.#timer);
  }

  /** Reads everything anew, and again every two seconds as long as somebody looks. */
  #look = async () => {
    clearTimeout(this.#timer);
    if (document.hidden || !this.isConnected || !isOperator()) return;
    this.#began = true;
    try {
      await Promise.all([this.#readTables(), this.#readCharts(), this.#readStory()]);
      this.problem = null;
    } catch (failure) {
      this.problem = failure.message;
    }
    this.at = Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#look, EVERY);
  };

  async #readTables() {
    const query = new URLSearchParams(Object.entries(this.#filter).filter(([, value]) => value));
    query.set('limit', String(this.#limit));
    const [filter, limit] = [this.#filter, this.#limit];
    const [queue, workers, rows] = await Promise.all([get('/api/ops/queue'), get('/api/ops/workers'), get(`/api/ops/generations?${query}`)]);
    if (filter !== this.#filter || limit !== this.#limit) return; // what is wanted now has been asked for, too
    [this.#queue, this.#workers, this.#rows] = [queue, workers, rows];
  }

  async #readCharts() {
    const after = this.#samples.at(-1)?.at ?? 0;
    const [window, throughput] = await Promise.all([
      get(`/api/ops/metrics?after=${after}`),
      this.#round++ % 3 === 0 ? get('/api/ops/throughput?minutes=30') : this.#throughput,
    ]);
    this.#throughput = throughput;
    // behind several web processes any may answer; the charts are of one, as long as it does
    if (window.process !== this.#process) {
      if (Date.now() - this.#heard < PATIENCE) return;
      this.#process = window.process;
      this.#samples = [];
    }
    this.#heard = Date.now();
    this.#worker = window.worker;
    // of one that is new here, asked from the middle on, the next answer has all
    if (after === (this.#samples.at(-1)?.at ?? 0)) this.#samples = [...this.#samples, ...window.samples].slice(-KEPT);
  }

  async #readStory() {
    const id = /^\/ops\/generations\/(\d+)$/.exec(location.pathname)?.[1];
    try {
      this.#story = id ? await get(`/api/ops/generations/${id}`) : null;
    } catch (failure) {
      if (failure.status === 404) this.#story = null; // a restored backup may lack it
      throw failure;
    }
  }

  willUpdate() {
    super.willUpdate();
    if (!this.#began) this.#look(); // without a copy the page is there before it knows whose it is
    const asked = location.pathname.startsWith('/ops/generations/');
    if (asked !== (this.#story !== null) || (asked && !location.pathname.endsWith(`/${this.#story.id}`))) {
      if (!asked) this.#story = null;
      else this.#readStory().then(() => this.requestUpdate(), (failure) => (this.problem = failure.message));
    }
  }

  updated() {
    const dialog = this.querySelector('dialog.story');
    if (dialog && !dialog.open) dialog.showModal();
  }

  render() {
    if (!isOperator()) return this.#frame(html`<p class="empty">Operations are for operators and administrators. Ask an administrator to make you one.</p>`);
    if (!this.at) return this.#frame(html`<p class="empty" role="status">Reading…</p>`);
    const shared = { acts: isAdministrator(), ask: this.#ask, show: this.#show };
    return this.#frame(html`
      ${problem(this.problem)}
      <section class="charts" aria-label="The last half hour">${charts({ samples: this.#samples, throughput: this.#throughput, worker: this.#worker, process: this.#process })}</section>
      <div class="fleet">
        ${agents({ ...shared, queue: this.#queue, selection: this.#picked.agents })}
        ${workers({ ...shared, list: this.#workers, selection: this.#picked.workers })}
      </div>
      ${generations({ ...shared, rows: this.#rows, filter: this.#filter, queue: this.#queue, selection: this.#picked.generations, open: this.#open, more: this.#more })}
      ${story({ story: this.#story, acts: isAdministrator(), ask: this.#ask, close: () => go('/ops') })}
      <hf-confirm></hf-confirm>`);
  }

  #frame(content) {
    const role = isAdministrator() ? 'You may act' : 'You may look';
    return html`
      <section class="page ops" aria-label="Operations">
        <header class="bar"><a class="tool back" href="/" aria-label="Back to the channels">${icon('back')}</a><h1>Operations</h1>${isOperator() ? html`<span class="kind">${role}</span>` : nothing}</header>
        <div class="scroller" tabindex="0" role="region" aria-label="Operations, content"><div class="sheet">${content}</div></div>
      </section>`;
  }

  #ask = async (question) => {
    const done = await this.querySelector('hf-confirm').ask(question);
    if (!done) return;
    Object.values(this.#picked).forEach((each) => each.clear());
    await this.#look();
  };

  #show = async (filter) => {
    this.#filter = { ...this.#filter, ...filter };
    this.#limit = 50;
    await this.#look();
  };

  #more = async () => {
    this.#limit = Math.min(500, this.#limit + 50);
    await this.#look();
  };

  #open = (id) => go(`/ops/generations/${id}`);
}

/** The page's other views don't need these sheets. */
async function sheets() {
  await Promise.all(['/webjars/uplot/1.6.30/dist/uPlot.min.css', '/css/ops.css'].map((href) => new Promise((resolve) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve, onerror: resolve });
    document.head.append(link);
  })));
}

await sheets();
customElements.define('hf-ops', Ops);
