// Listeners by event name. A listener that throws is reported as any uncaught error is; the others still hear.

/** @typedef {(detail: any, from: any) => void} Listener `from` is the tab that said it, where it is one that says */

/**
 * @typedef {object} Events
 * @property {(event: string, listener: Listener) => () => void} on returns the way to unsubscribe
 * @property {(event: string, detail?: unknown, from?: string) => void} emit
 */

/** @returns {Events} */
export function createEvents() {
  /** @type {Map<string, Set<Listener>>} */
  const listeners = new Map();

  return {
    on(event, listener) {
      const heard = listeners.get(event) ?? new Set();
      listeners.set(event, heard);
      heard.add(listener);
      return () => void heard.delete(listener);
    },

    emit(event, detail = {}, from = undefined) {
      for (const listener of [...(listeners.get(event) ?? [])]) {
        try {
          listener(detail, from);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
