// Which version of a message wins. Pure functions; every copy (memory, IndexedDB, other tabs) is brought together by them,
// so updates may come twice, late or through two doors and the result is the same.

const RUNNING = new Set(['queued', 'thinking', 'streaming']);
const GROWING = new Set(['thinking', 'streaming']);

/** Whether a reply is still being made: its text may grow without its seq changing. */
export const isRunning = (message) => RUNNING.has(message.status);

/** The newer of two versions of one message; `held` may be missing. */
export function newer(held, incoming) {
  if (!held) return incoming;
  if (incoming.seq < held.seq) return held;
  if (isRunning(incoming) && textIsAhead(held, incoming)) {
    return { ...incoming, content: held.content, textFence: held.textFence };
  }
  return incoming;
}

/** A re-read that raced with the feed may bring less text than we hold; a later fence always wins. */
function textIsAhead(held, incoming) {
  const ours = held.textFence ?? 0;
  const theirs = incoming.textFence ?? 0;
  if (ours !== theirs) return ours > theirs;
  return (GROWING.has(incoming.status) || held.seq === incoming.seq) && held.content.length > incoming.content.length;
}

/**
 * A message with one piece of text `{fence, at, text}` applied (offsets in UTF-16 code units).
 * The same object when the piece brings nothing new; null when text in between is missing, so the message must be read again.
 */
export function withText(message, { fence, at, text }) {
  const held = message.textFence ?? 0;
  if (!isRunning(message) || fence < held) return message;
  if (fence > held) return at === 0 ? { ...message, content: text, textFence: fence } : null;
  const length = message.content.length;
  if (at > length) return null;
  if (at + text.length <= length) return message;
  return { ...message, content: message.content + text.slice(length - at) };
}

/** Batches of one channel that follow each other, as one: of each message the version that won, then all the text. */
export function joined(batches) {
  const messages = new Map();
  for (const each of batches.flatMap((batch) => batch.messages)) {
    const message = newer(messages.get(each.id), each);
    messages.delete(each.id); // what changed last comes last, as its author is called by now
    messages.set(each.id, message);
  }
  return {
    ...batches[0],
    seq: Math.max(...batches.map(({ seq }) => seq)),
    messages: [...messages.values()],
    text: batches.flatMap(({ text }) => text),
  };
}

/** Whether a head `{fence, length}` tells of text that we don't hold. */
export function behindHead(message, { fence, length }) {
  const held = message.textFence ?? 0;
  return isRunning(message) && (fence > held ? length > 0 : fence === held && length > message.content.length);
}

/**
 * A channel with a patch laid over. Its cursor never goes back: what it speaks for is held, whoever wrote it. And it begins with
 * a page, that is together with `low`: one that comes alone is of messages that were thrown away meanwhile.
 */
export function patched(held = {}, patch) {
  const { cursor, seen, ...rest } = patch;
  const isAhead = held.cursor === undefined ? patch.low !== undefined : cursor > held.cursor;
  return { ...held, ...rest, ...(cursor !== undefined && isAhead && { cursor, seen }) };
}

const SEEN = 8; // one would not do: a reply that the backup interrupted changes again after the restore

/** The ids of the messages that changed last up to a seq, latest first; none where it isn't known which took that seq. */
export function lastChanged(seq, messages, before = []) {
  const latest = [...messages].sort((a, b) => b.seq - a.seq);
  return latest[0]?.seq === seq ? [...new Set([...latest.map(({ id }) => id), ...before])].slice(0, SEEN) : [];
}
