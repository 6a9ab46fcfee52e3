// The channel of one conversation, as long as it is open. It can be joined anew on purpose, to be told everything
// again; what belonged to the join before is then heard no more.
import { socket } from "../latch.js";

export class Line {
  #topic;
  #params;
  #listeners;
  /** @type {any} */
  #channel = null;

  /**
   * @param {string} conversationId
   * @param {() => void} onAsk before each join is sent
   * @param {Record<string, (payload: any) => void>} listeners by event
   */
  constructor(conversationId, onAsk, listeners) {
    this.#topic = `conversation:${conversationId}`;
    this.#params = () => {
      onAsk();
      return {};
    };
    this.#listeners = listeners;
  }

  get isJoined() {
    return this.#channel?.state === "joined";
  }

  /** Joins, or joins anew. */
  join() {
    const channel = socket.channel(this.#topic, this.#params);
    this.#channel = channel;
    for (const [event, hear] of Object.entries(this.#listeners)) {
      channel.on(event, (payload) => channel === this.#channel && hear(payload));
    }
    channel.join();
  }

  push(event, payload = {}) {
    return this.#channel.push(event, payload);
  }

  leave() {
    const channel = this.#channel;
    this.#channel = null;
    channel?.leave();
  }
}
