// Which charts there are, and how the server's answers become their numbers. Half an hour, oldest first.
import { html } from 'lit';
import './chart.js';
import { brief, count, duration, rate } from './words.js';

/** Seconds since 1970 of each sample, and one of its fields. */
const over = (samples, ...fields) => [samples.map((each) => each.at / 1000), ...fields.map((field) => samples.map((each) => each[field] ?? null))];

function minutes(throughput, ...values) {
  const recent = throughput.slice(-30);
  return [recent.map((each) => Date.parse(each.minute) / 1000), ...values.map((value) => recent.map((each, index) => value(each, index === recent.length - 1)))];
}

/** The minute that is going on has not had its 60 seconds yet. */
const seconds = (each, current) => (current ? Math.max(5, (Date.now() - Date.parse(each.minute)) / 1000) : 60);

/** The minute that is going on has next to nothing yet. */
const WHOLE = -2;

export function charts({ samples, throughput, worker, process }) {
  const own = `in the web process ${process}`;
  return html`
    <hf-chart name="Queue" .series=${[{ label: 'queued', tone: 'second' }, { label: 'running', tone: 'first' }]} .data=${over(samples, 'queued', 'running')} .format=${count}></hf-chart>
    <hf-chart name="Oldest wait" .series=${[{ label: 'queued', tone: 'second' }]} .data=${over(samples, 'oldestAge')} .format=${duration} .axis=${brief}></hf-chart>
    <hf-chart name="Ended a minute" note="in the last whole minute" bars .latest=${WHOLE} .series=${[{ label: 'finished', tone: 'first' }, { label: 'failed', tone: 'bad' }]} .data=${minutes(throughput, (each) => each.finished, (each) => each.failed)} .format=${count}></hf-chart>
    <hf-chart name="Time to first token" note="in the last whole minute" .latest=${WHOLE} .series=${[{ label: 'p50', tone: 'first' }, { label: 'p95', tone: 'second' }]} .data=${minutes(throughput, (each) => each.firstTokenP50, (each) => each.firstTokenP95)} .format=${duration} .axis=${brief}></hf-chart>
    <hf-chart name="Tokens a second" note="in the last whole minute" .latest=${WHOLE} .series=${[{ label: 'output', tone: 'first' }]} .data=${minutes(throughput, (each, current) => each.outputTokens / seconds(each, current))} .format=${rate}></hf-chart>
    ${worker ? html`<hf-chart name="Flush" note=${own} .series=${[{ label: 'p50', tone: 'first' }, { label: 'p99', tone: 'second' }]} .data=${over(samples, 'flushP50', 'flushP99')} .format=${duration} .axis=${brief}></hf-chart>` : ''}
    <hf-chart name="Browsers on the feed" note=${own} .series=${[{ label: 'connected', tone: 'first' }]} .data=${over(samples, 'feedClients')} .format=${count}></hf-chart>
    <hf-chart name="Feed lag" note=${own} .series=${[{ label: 'p50', tone: 'first' }, { label: 'p99', tone: 'second' }]} .data=${over(samples, 'lagP50', 'lagP99')} .format=${duration} .axis=${brief}></hf-chart>`;
}
