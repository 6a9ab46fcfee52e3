// The tabs of one browser that share a cookie. They take turns (a Web Lock), tell each other the news and ask each
// other questions (a BroadcastChannel). All of it saves requests and time; nothing is wrong where it is missing, slow
// or frozen: a turn is waited for 3 seconds at most, and a question has an answer or null.
import { createEvents } from "./events.js";
import { surroundings } from "./surroundings.js";

const LONGEST_WAIT_FOR_A_TURN = 3_000;
const BUSY = Symbol("busy");

/**
 * @typedef {object} Tabs
 * @property {<T>(work: (turn: {waited: boolean}) => Promise<T>) => Promise<T>} inTurn runs `work` while no other tab
 *   does; `waited` says that another did just before
 * @property {(type: string, detail?: object) => void} tell
 * @property {(type: string, listener: (detail: any, from: string) => void) => () => void} on
 * @property {(ms: number) => Promise<any | null>} ask the first sibling's answer, or null after `ms`
 * @property {(answer: () => object | null) => void} answer what this tab answers when it is asked; null is no answer
 * @property {() => void} close
 */

/**
 * @param {{name?: string, BroadcastChannel?: any, locks?: any, setTimer?: any, clearTimer?: any}} options
 * @returns {Tabs}
 */
export function createTabs({
  name = "latchstring",
  BroadcastChannel = globalThis.BroadcastChannel,
  locks = globalThis.navigator?.locks,
  ...given
} = {}) {
  const { setTimer, clearTimer } = surroundings(given);
  let channel = BroadcastChannel ? new BroadcastChannel(name) : null;
  const here = identifier();
  const events = createEvents();
  let answerOf = () => null;

  if (channel) channel.onmessage = ({ data }) => hear(data);

  function hear(message) {
    if (typeof message?.type !== "string" || typeof message.from !== "string") return;
    const { type, from } = message;
    const detail = message.detail ?? {};
    if (type === "ask") reply(detail.question);
    events.emit(type, detail, from);
  }

  function reply(question) {
    const answer = answerOf();
    if (answer) tell("answer", { question, answer });
  }

  function tell(type, detail = {}) {
    channel?.postMessage({ type, from: here, detail });
  }

  function ask(ms) {
    if (!channel) return Promise.resolve(null);
    const question = identifier();
    return new Promise((resolve) => {
      const done = (answer) => {
        clearTimer(timer);
        off();
        resolve(answer);
      };
      const off = events.on("answer", (detail) => detail.question === question && done(detail.answer));
      const timer = setTimer(() => done(null), ms);
      tell("ask", { question });
    });
  }

  async function inTurn(work) {
    if (!locks) return work({ waited: false });
    const result = await ifFree(work);
    return result === BUSY ? afterTheOthers(work) : result;
  }

  function ifFree(work) {
    return underLock({ ifAvailable: true }, (lock) => (lock ? work({ waited: false }) : BUSY), work);
  }

  async function afterTheOthers(work) {
    const patience = new AbortController();
    const timer = setTimer(() => patience.abort(), LONGEST_WAIT_FOR_A_TURN);
    const turn = () => {
      clearTimer(timer);
      return work({ waited: true });
    };
    return underLock({ signal: patience.signal }, turn, work);
  }

  /** Where the lock itself fails (given up, or not to be had in this kind of page), the work is done without one. */
  async function underLock(options, turn, work) {
    let began = false;
    try {
      return await locks.request(name, options, (lock) => {
        began = true;
        return turn(lock);
      });
    } catch (error) {
      if (began) throw error;
      return work({ waited: true });
    }
  }

  /** What is still under way may end after this, and then tells nobody. */
  function close() {
    channel?.close();
    channel = null;
  }

  return { inTurn, tell, on: events.on, ask, answer: (fn) => void (answerOf = fn), close };
}

function identifier() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @type {Tabs} For who has no siblings, or wants none. */
export const noSiblings = Object.freeze({
  inTurn: (work) => work({ waited: false }),
  tell: () => {},
  on: () => () => {},
  ask: () => Promise.resolve(null),
  answer: () => {},
  close: () => {},
});
