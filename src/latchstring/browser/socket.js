// A Phoenix Channels client (serializer 2.0.0) that belongs to a session: it shows a fresh token at each connect and
// each renewal, stops when the session is over, and otherwise comes back by itself, with full jitter, however long it
// takes. A connection that is refused, or does not last, never resets the back-off.
import { createBackoff } from "./backoff.js";
import { createChannel } from "./channel.js";
import { decideAfterClose } from "./close-codes.js";
import { openConnection } from "./connection.js";
import { createEvents } from "./events.js";
import { addressOf } from "./frames.js";
import { PushError } from "./push-error.js";
import { createReplies } from "./replies.js";
import { surroundings as surroundingsOf } from "./surroundings.js";

export { CLOSE_CODES } from "./close-codes.js";
export { PushError } from "./push-error.js";

const STABLE_AFTER = 10_000;
const WAKE_UPS = ["online", "visibilitychange", "pageshow"];

/** @typedef {"connecting" | "open" | "waiting" | "stopped"} SocketState */

/**
 * @param {Partial<import("./surroundings.js").Surroundings> & {
 *   url: string, session: import("./session.js").Session, WebSocket?: typeof globalThis.WebSocket}} options
 */
export function createSocket({ url, session, WebSocket = globalThis.WebSocket, ...given }) {
  const surroundings = surroundingsOf(given);
  const { now, random, setTimer, clearTimer, wakeups } = surroundings;
  const events = createEvents();
  const replies = createReplies();
  const backoff = createBackoff({ random });
  /** @type {Map<string, import("./channel.js").Channel>} */
  const channels = new Map();
  /** @type {SocketState} */
  let state = "stopped";
  let wanted = false;
  let attempt = 0;
  let epoch = session.epoch;
  /** @type {import("./connection.js").Connection | null} */
  let connection = null;
  /** @type {string} the newest token that the server has accepted here */
  let shown = "";
  let renewedForRefusal = false;
  let lastRef = 0;
  let timer = null;
  let notBefore = 0;

  function connect() {
    wanted = true;
    if (state === "stopped") open();
  }

  function disconnect() {
    wanted = false;
    hangUp();
    show("stopped");
  }

  function hangUp() {
    attempt += 1;
    clearTimer(timer);
    connection?.close();
    lose();
  }

  function lose() {
    connection = null;
    for (const channel of channels.values()) channel.lost();
    replies.lose();
  }

  function show(next) {
    if (state === next) return;
    state = next;
    events.emit("state", state);
  }

  async function open() {
    attempt += 1;
    const mine = attempt;
    clearTimer(timer);
    show("connecting");
    try {
      const token = await session.token();
      if (mine === attempt) dial(token);
    } catch (error) {
      if (mine === attempt) withoutToken(error);
    }
  }

  function withoutToken(error) {
    if (error.status === 401) show("stopped");
    else wait();
  }

  function dial(token) {
    const address = addressOf(url);
    shown = token;
    epoch = session.epoch;
    connection = openConnection({ address, token, WebSocket, surroundings, onOpen, onFrame, onEnd });
  }

  function onOpen() {
    renewedForRefusal = false;
    timer = setTimer(() => backoff.reset(), STABLE_AFTER);
    show("open");
    for (const channel of channels.values()) channel.opened();
  }

  function onFrame([joinRef, ref, topic, event, payload]) {
    if (event === "phx_reply") replies.settle(ref, payload);
    else channels.get(topic)?.hear(event, payload, joinRef);
  }

  async function onEnd({ code, reason, opened }) {
    clearTimer(timer);
    lose();
    const after = decideAfterClose({ code, opened, renewed: renewedForRefusal });
    if (!opened) renewedForRefusal = true;
    attempt += 1;
    const mine = attempt;
    show("waiting");
    if (after.then === "end") await session.ended(reason || "unknown", epoch);
    if (after.then === "renew") await renew();
    if (mine === attempt) wait(after);
  }

  async function renew() {
    try {
      await session.tokenAfter(shown);
    } catch {
      // The session tells everybody itself, by its events, that it is over or that it tries again later.
    }
  }

  function wait({ atLeast = 0, spread = 0 } = {}) {
    const pause = atLeast + random() * spread;
    notBefore = now() + pause;
    clearTimer(timer);
    timer = setTimer(open, pause + backoff.next());
    show("waiting");
  }

  function wake() {
    if (state === "open") connection?.probe();
    if (state === "waiting" && timer !== null && now() >= notBefore) open();
  }

  /** Follows who is signed in: nobody, no socket and no channels; another session, another connection. */
  function follow({ status }) {
    if (status === "signed_out") stop();
    if (status !== "signed_in" || !wanted) return;
    if (state === "stopped") open();
    else if (connection !== null && epoch !== session.epoch) reopen();
  }

  function stop() {
    hangUp();
    for (const channel of channels.values()) channel.close(new PushError("closed"));
    channels.clear();
    show("stopped");
  }

  function reopen() {
    hangUp();
    open();
  }

  let showing = false;

  /** The session has another token: the server is shown it, so that this socket may stay. */
  async function showToken() {
    const own = channels.get(`user:${session.state.user?.id}`);
    if (showing || own?.state !== "joined") return;
    showing = true;
    try {
      await own.push("renew", { token: await session.token() });
    } catch {
      // A push that is refused for its token shows a newer one itself, and the session's newest counts for the lease.
    } finally {
      showing = false;
    }
  }

  /** @type {import("./channel.js").Line} */
  const line = {
    isOpen: () => state === "open",
    nextRef: () => String((lastRef += 1)),
    ask(frame, signal) {
      const [, ref, topic] = frame;
      const reply = replies.expect(ref ?? "", topic, signal);
      if (state === "open") connection?.send(frame);
      else replies.lose(topic);
      return reply;
    },
    lose: (topic) => replies.lose(topic),
    token: () => session.token(),
    tokenAfter: (refused) => session.tokenAfter(refused ?? shown),
    shown: (token) => void (shown = token),
    forget: (topic) => void channels.delete(topic),
  };

  /**
   * A channel of the topic, to be joined. One that there was before is closed: a socket joins a topic once.
   *
   * @param {string} topic
   * @param {object | (() => object)} [params] sent with each join; a function is asked each time
   */
  function channel(topic, params = {}) {
    channels.get(topic)?.close(new PushError("closed"));
    const made = createChannel({ topic, params, line, surroundings });
    channels.set(topic, made);
    const { join, push, leave, on } = made;
    return { topic, join, push, leave, on };
  }

  const probe = () => connection?.probe();
  const offs = [session.on("change", follow), session.on("renewed", showToken)];
  for (const type of WAKE_UPS) wakeups.addEventListener(type, wake);
  wakeups.addEventListener("offline", probe);

  return {
    /** @returns {SocketState} */
    get state() {
      return state;
    },
    connect,
    disconnect,
    channel,
    /** Event: state (SocketState). */
    on: events.on,
    /** Disconnects, and lets go of all listeners. */
    close() {
      disconnect();
      for (const off of offs) off();
      for (const type of WAKE_UPS) wakeups.removeEventListener(type, wake);
      wakeups.removeEventListener("offline", probe);
    },
  };
}
