// The channel of one conversation, as long as it is open. It can be joined anew on purpose, to be told everything
// again; what belonged to the join before is then heard no more. Once left it stays left, whatever answer comes late.
import { PushError } from "/latchstring/push-error.js";
import { socket } from "../latch.js";

export class Line {
  #topic;
  #params;
  #listeners;
  /** @type {any} */
  #channel = null;
  #isClosed = false;

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
    if (this.#isClosed) return;
    const channel = socket.channel(this.#topic, this.#params);
    this.#channel = channel;
    for (const [event, hear] of Object.entries(this.#listeners)) {
      channel.on(event, (payload) => channel === this.#channel && hear(payload));
    }
    channel.join();
  }

  /** @returns {Promise<any>} */
  async push(event, payload = {}) {
    for (;;) {
      if (this.#isClosed) throw new PushError("closed");
      const channel = this.#channel;
      try {
        return await channel.push(event, payload);
      } catch (error) {
        // A channel that was joined anew before this could be sent on it.
        if (error.code !== "closed" || channel === this.#channel) throw error;
      }
    }
  }

  leave() {
    this.#isClosed = true;
    this.#channel?.leave();
  }
}
