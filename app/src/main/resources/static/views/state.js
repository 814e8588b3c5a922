// How far a reply is, in words that help.
import { serverTime } from '../clock.js';

/** `{words, tone, stops, retries}` of a reply whose agent may be paused; `tone` is waiting, growing, done, stopped or failed. */
export function stateOf({ status, generation, pending }, isPaused) {
  const asked = pending && pending.state !== 'failed';
  switch (status) {
    case 'queued': return { words: waiting(generation, isPaused), tone: 'waiting', stops: !asked };
    case 'thinking': return { words: `Thinking${again(generation)}…`, tone: 'waiting', stops: !asked };
    case 'streaming': return { words: '', tone: 'growing', stops: !asked };
    case 'stopped': return { words: 'Stopped.', tone: 'stopped', retries: !asked };
    case 'failed': return { words: sentence(generation?.error ?? 'The reply failed'), tone: 'failed', retries: !asked };
    // complete; an error beside it says what cut it short
    default: return generation?.error ? { words: sentence(generation.error), tone: 'stopped' } : { words: '', tone: 'done' };
  }
}

function waiting(generation, isPaused) {
  if (isPaused) return 'The agent is paused; the reply begins once it is resumed.';
  const seconds = generation?.runAt ? Math.ceil((new Date(generation.runAt) - serverTime()) / 1_000) : 0;
  if (!generation?.error) return 'Waiting for its turn…';
  return `${sentence(generation.error)} ${seconds > 0 ? `Next try in ${seconds} s.` : 'Trying again…'}`;
}

const again = (generation) => (generation?.attempt > 1 ? ` again, attempt ${generation.attempt}` : '');

const sentence = (text) => (/[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
