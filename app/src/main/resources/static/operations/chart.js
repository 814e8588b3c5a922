import { html, LitElement } from 'lit';
import uPlot from 'uplot';
import { count, TIMES, WHOLES } from './words.js';

const COLOURS = { first: '--chart-1', second: '--chart-2', bad: '--bad' };
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** A small chart over the last half hour: its name, the latest value large (that at `latest`), a line or bars, and what the pointer is at. */
class Chart extends LitElement {
  static properties = { name: {}, note: {}, series: { attribute: false }, data: { attribute: false }, latest: { attribute: false }, bars: { type: Boolean }, format: { attribute: false }, axis: { attribute: false }, pointed: { state: true } };

  #plot = null;
  #size = null;
  #dark = matchMedia('(prefers-color-scheme: dark)');

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#dark.addEventListener('change', this.#again);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#dark.removeEventListener('change', this.#again);
    this.#size?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  render() {
    const format = this.format ?? count;
    const now = this.series.map((each, index) => ({ ...each, value: this.pointed == null ? this.data[index + 1]?.at(this.latest ?? -1) : this.data[index + 1]?.[this.pointed] }));
    const spoken = now.map((each) => `${each.label} ${format(each.value)}`).join(', ');
    return html`
      <figure class="chart" aria-label="${this.name}: ${spoken}${this.note ? `; ${this.note}` : ''}">
        <figcaption>
          <span class="name">${this.name}</span>
          <span class="values">${now.map((each) => html`<span class="value ${each.tone}"><b>${format(each.value)}</b> ${each.label}</span>`)}</span>
        </figcaption>
        <div class="plot" aria-hidden="true"></div>
        ${this.note ? html`<p class="note">${this.note}</p>` : ''}
      </figure>`;
  }

  updated(changed) {
    if (!this.#plot) this.#draw();
    else if (changed.has('data')) this.#plot.setData(this.data);
  }

  #again = () => {
    this.#plot?.destroy();
    this.#plot = null;
    this.#size?.disconnect();
    this.requestUpdate();
  };

  #draw() {
    const place = this.querySelector('.plot');
    if (place.clientWidth === 0) return;
    const style = getComputedStyle(this);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axisFormat = this.axis ?? this.format ?? count;
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const options = {
      width: place.clientWidth,
      height: place.clientHeight,
      padding: [6, 4, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: true }, y: { range: (_, low, high) => [0, !high || high <= 0 ? 1 : high * 1.12] } },
      axes: [
        { ...axis, space: 70, size: 24, incrs: [60, 300, 600], grid: { show: false }, values: (_, ticks) => ticks.map((each) => CLOCK.format(new Date(each * 1000))) },
        { ...axis, space: 26, size: 48, gap: 4, incrs: this.axis ? TIMES : WHOLES, values: (_, ticks) => ticks.map((each) => axisFormat(each)) },
      ],
      series: [{}, ...this.series.map((each, index) => this.#series(colour(COLOURS[each.tone]), index))],
      // the numbers above the chart follow the pointer
      hooks: { setCursor: [(plot) => (this.pointed = plot.cursor.idx)] },
    };
    this.#plot = new uPlot(options, this.data, place);
    this.#size = new ResizeObserver(() => place.clientWidth > 0 && this.#plot?.setSize({ width: place.clientWidth, height: place.clientHeight }));
    this.#size.observe(place);
  }

  #series(stroke, index) {
    const common = { stroke, points: { show: false }, spanGaps: false };
    if (this.bars) return { ...common, width: 0, fill: stroke, paths: uPlot.paths.bars({ size: [0.75, 18], align: 0 }) };
    return { ...common, width: 1.75, fill: index === 0 ? `${stroke}22` : undefined };
  }
}

customElements.define('hf-chart', Chart);
