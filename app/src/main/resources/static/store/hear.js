/** What the other tabs of this browser say: the same changes that this tab makes, after they were made. */
export function hear(store, data) {
  switch (data.type) {
    case 'messages':
      store.channels.lay(data.patches);
      return store.messages.show(data.channelId, data.messages);
    case 'text': return store.messages.hearText(data.channelId, data.piece);
    case 'want': return store.tabs.leads && store.messages.lend(data.id);
    case 'channels': return store.channels.lay(data.patches);
    case 'forget': return store.channels.drop(data.channelId, data.record);
    case 'accounts': return store.layAccounts(data.accounts);
    case 'entry':
      store.entries.lay(data.entry);
      return store.changed('outbox:due');
    case 'discarded': return store.entries.discarded.add(data.n);
    case 'no entry': return store.entries.lift(data.n);
    case 'kept': return store.layKept(data.name, data.value);
    case 'joined': return store.tabs.leads && store.tell({ type: 'connection', connection: store.connection });
    case 'connection': return !store.tabs.leads && store.set({ connection: data.connection }); // who leads knows its own
    case 'emptied':
      store.channels.dropMessages();
      store.channels.writeAgain(); // who emptied the copy may have no room for them
      return store.changed('emptied');
    case 'wiped': return store.lose('wiped', data);
    default: throw new Error(`Another tab says something unknown: ${data.type}`);
  }
}
