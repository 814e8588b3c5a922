// What the user did lies over what the server said until the server says it too.
import { isRunning } from './store/merge.js';

/** A channel's messages as the user should see them: what is waiting to be sent lies on top, new ones at the end if it is shown. */
export function overlay({ items: messages, atEnd }, outbox, channelId, me) {
  const mine = outbox.filter((each) => each.channelId === channelId);
  if (mine.length === 0) return messages;
  const known = new Set(messages.map((each) => each.id));
  const posts = !atEnd ? [] : mine.filter((each) => each.kind === 'post' && !known.has(each.messageId)).map((each) => asMessage(each, me));
  const acts = mine.filter((each) => each.kind !== 'post');
  const all = [...messages, ...posts];
  return acts.length === 0 ? all : all.map((each) => acts.filter((act) => act.messageId === each.id).reduce(laidOver, each));
}

const asMessage = (entry, me) => ({
  id: entry.messageId,
  channelId: entry.channelId,
  author: me,
  content: entry.content,
  status: 'complete',
  seq: 0,
  position: Infinity,
  replyTo: entry.replyTo,
  createdAt: entry.createdAt,
  pending: entry,
});

function laidOver(message, act) {
  switch (act.kind) {
    case 'edit': return { ...message, content: act.state === 'failed' ? message.content : act.content, pending: act };
    case 'delete': return act.state === 'failed' ? { ...message, pending: act } : { ...message, deleted: true, pending: act };
    case 'stop': return isRunning(message) ? { ...message, pending: act } : message;
    default: return { ...message, pending: act };
  }
}
