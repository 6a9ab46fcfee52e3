// Listeners by event name. A listener that throws is reported as any uncaught error is; the others still hear.

/**
 * @typedef {object} Events
 * @property {(event: string, listener: (detail: any) => void) => () => void} on returns the way to unsubscribe
 * @property {(event: string, detail?: unknown) => void} emit
 */

/** @returns {Events} */
export function createEvents() {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  const listeners = new Map();

  return {
    on(event, listener) {
      const heard = listeners.get(event) ?? new Set();
      listeners.set(event, heard);
      heard.add(listener);
      return () => void heard.delete(listener);
    },

    emit(event, detail = {}) {
      for (const listener of [...(listeners.get(event) ?? [])]) {
        try {
          listener(detail);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
