// The replies that are awaited, by the `ref` of what was sent. Each comes, or its wait is given up for a named reason.
import { PushError } from "./push-error.js";

/** @typedef {{status: string, response: any}} Reply */
/** @typedef {ReturnType<typeof createReplies>} Replies */

export function createReplies() {
  /** @type {Map<string, {topic: string, resolve: (reply: Reply) => void, reject: (error: PushError) => void}>} */
  const awaited = new Map();

  return {
    /**
     * @param {string} ref
     * @param {string} topic
     * @param {AbortSignal} signal when the patience for it ends
     * @returns {Promise<Reply>} Throws PushError: timeout, connection_lost.
     */
    expect(ref, topic, signal) {
      return new Promise((resolve, reject) => {
        const giveUp = () => reject(new PushError("timeout"));
        awaited.set(ref, { topic, resolve, reject });
        signal.addEventListener("abort", giveUp, { once: true });
        if (signal.aborted) giveUp();
      }).finally(() => awaited.delete(ref));
    },

    /** @param {string | null} ref */
    settle(ref, payload) {
      awaited.get(ref ?? "")?.resolve(payload);
    },

    /**
     * No reply will come any more: to nothing that was sent, or to nothing of one topic.
     *
     * @param {string | null} topic
     */
    lose(topic = null) {
      for (const each of awaited.values()) {
        if (topic === null || each.topic === topic) each.reject(new PushError("connection_lost"));
      }
    },
  };
}
