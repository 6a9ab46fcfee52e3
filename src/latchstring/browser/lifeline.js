// Whether there is a connection, and when there will be the next: a fresh token at each connect, what each close code
// asks for, full jitter in between. A connection that is refused, or does not last, never resets the back-off.
import { createBackoff } from "./backoff.js";
import { decideAfterClose } from "./close-codes.js";
import { openConnection } from "./connection.js";
import { SessionError } from "./session-error.js";

const STABLE_AFTER = 10_000;
const WAKE_UPS = ["online", "visibilitychange", "pageshow"];

/** @typedef {"connecting" | "open" | "waiting" | "stopped"} SocketState */

/**
 * @param {object} options
 * @param {string} options.address
 * @param {import("./session.js").Session} options.session
 * @param {typeof globalThis.WebSocket} options.WebSocket
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 * @param {() => void} options.onOpen
 * @param {(frame: import("./frames.js").Frame) => void} options.onFrame
 * @param {() => void} options.onLost
 * @param {(state: SocketState) => void} options.onState
 */
export function createLifeline({ address, session, WebSocket, surroundings, onOpen, onFrame, onLost, onState }) {
  const { now, random, setTimer, clearTimer, wakeups } = surroundings;
  const backoff = createBackoff({ random });
  /** @type {SocketState} */
  let state = "stopped";
  /** @type {import("./connection.js").Connection | null} */
  let connection = null;
  let attempt = 0;
  let epoch = session.epoch;
  let shown = "";
  let renewedForRefusal = false;
  /** @type {{timer: unknown, notBefore: number} | null} */
  let pause = null;
  let stable = null;

  function show(next) {
    if (state === next) return;
    state = next;
    onState(state);
  }

  function begin() {
    attempt += 1;
    clearTimer(pause?.timer);
    clearTimer(stable);
    pause = null;
    return attempt;
  }

  async function open() {
    const mine = begin();
    show("connecting");
    const token = await freshToken(mine);
    if (token === null || mine !== attempt) return;
    shown = token;
    epoch = session.epoch;
    connection = openConnection({ address, token, WebSocket, surroundings, onOpen: opened, onFrame, onEnd: ended });
  }

  async function freshToken(mine) {
    try {
      return await session.token();
    } catch (error) {
      if (mine !== attempt) return null;
      if (error instanceof SessionError && error.status === 401) show("stopped");
      else wait();
      return null;
    }
  }

  function opened() {
    renewedForRefusal = false;
    stable = setTimer(() => backoff.reset(), STABLE_AFTER);
    show("open");
    onOpen();
  }

  async function ended({ code, reason, opened }) {
    const after = decideAfterClose({ code, opened, renewed: renewedForRefusal });
    const refused = shown;
    if (!opened) renewedForRefusal = true;
    const mine = begin();
    lose();
    show("waiting");
    if (after.then === "end") await session.ended(reason || "unknown", epoch);
    if (after.then === "renew") await renew(refused);
    if (mine === attempt) wait(after);
  }

  async function renew(refused) {
    try {
      await session.tokenAfter(refused);
    } catch {
      // Over, or to be tried later: the session tells that by its own events, and `follow` hears it.
    }
  }

  function wait({ atLeast = 0, spread = 0 } = {}) {
    const floor = atLeast + random() * spread;
    pause = { timer: setTimer(open, floor + backoff.next()), notBefore: now() + floor };
    show("waiting");
  }

  function lose() {
    connection = null;
    onLost();
  }

  function hangUp() {
    begin();
    connection?.close();
    lose();
  }

  function stop() {
    hangUp();
    show("stopped");
  }

  /** Another session needs another connection, at once. */
  function follow() {
    const isUnderWay = state === "connecting" && connection === null;
    if (isUnderWay || (state !== "stopped" && epoch === session.epoch)) return;
    hangUp();
    open();
  }

  function wake() {
    if (state === "open") probe();
    if (pause !== null && now() >= pause.notBefore) open();
  }

  function probe() {
    connection?.probe();
  }

  for (const type of WAKE_UPS) wakeups.addEventListener(type, wake);
  wakeups.addEventListener("offline", probe);

  return {
    get state() {
      return state;
    },
    /** The newest token that the server has accepted on this connection. */
    get shown() {
      return shown;
    },
    set shown(token) {
      shown = token;
    },
    follow,
    stop,
    /** @param {import("./frames.js").Frame} frame */
    send: (frame) => connection?.send(frame),
    close() {
      stop();
      for (const type of WAKE_UPS) wakeups.removeEventListener(type, wake);
      wakeups.removeEventListener("offline", probe);
    },
  };
}
