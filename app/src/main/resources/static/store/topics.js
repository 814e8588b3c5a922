/** What can be watched: who changes something names the topic, who shows it is called. */
export class Topics {
  #watchers = new Map();

  /** Calls `callback` after each change of a topic ('channels', 'messages:<channel>', ...); returns the way to stop. */
  watch(topics, callback) {
    topics.forEach((topic) => {
      if (!this.#watchers.has(topic)) this.#watchers.set(topic, new Set());
      this.#watchers.get(topic).add(callback);
    });
    return () => topics.forEach((topic) => this.#watchers.get(topic).delete(callback));
  }

  changed(...topics) {
    const due = new Set(topics.flatMap((topic) => [...(this.#watchers.get(topic) ?? [])]));
    due.forEach((callback) => callback());
  }
}
