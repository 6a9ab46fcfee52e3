// One topic on the socket. Promises: it joins, and joins again after each reconnect or failure, until it is left or
// refused; a push waits until it is joined, has one answer or one PushError, and is sent at most once, save where the
// server said `invalid_token`, which means that nothing happened.
import { createBackoff } from "./backoff.js";
import { createEvents } from "./events.js";
import { PushError } from "./push-error.js";

const TIMEOUT = 10_000;
const REPEATS = 3;

/**
 * What a channel needs of its socket.
 *
 * @typedef {object} Line
 * @property {() => boolean} isOpen
 * @property {() => string} nextRef
 * @property {(frame: import("./frames.js").Frame, signal: AbortSignal) => Promise<import("./replies.js").Reply>} ask
 * @property {(topic: string) => void} lose no reply comes any more to what was sent on the topic
 * @property {() => Promise<string>} token a fresh one
 * @property {(refused: string | null) => Promise<string>} tokenAfter null: the newest that the socket has shown
 * @property {(token: string) => void} shown the server has accepted it
 * @property {() => void} forget
 */

/** @typedef {ReturnType<typeof createChannel>} Channel */

/**
 * @param {object} options
 * @param {string} options.topic
 * @param {object | (() => object)} options.params of the join; the token is added to them
 * @param {Line} options.line
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 */
export function createChannel({ topic, params, line, surroundings }) {
  const { setTimer, clearTimer, random } = surroundings;
  const events = createEvents();
  const backoff = createBackoff({ random });
  /** @type {"closed" | "joining" | "joined"} */
  let state = "closed";
  /** @type {string | null} */
  let joinRef = null;
  let attempt = 0;
  let rejoining = null;
  /** @type {{promise: Promise<any>, resolve: Function, reject: Function} | null} */
  let joined = null;

  /**
   * @returns {Promise<any>} the response to the first join that succeeds. Throws PushError: refused, closed.
   */
  function join() {
    if (joined !== null) return joined.promise;
    joined = deferred();
    state = "joining";
    tryToJoin();
    return joined.promise;
  }

  async function tryToJoin() {
    clearTimer(rejoining);
    if (state !== "joining" || !line.isOpen()) return;
    attempt += 1;
    const mine = attempt;
    try {
      const response = await withPatience(TIMEOUT, (signal) => askToJoin(mine, signal));
      if (mine === attempt) enter(response);
    } catch (error) {
      if (mine === attempt && state === "joining") fail(error);
    }
  }

  async function askToJoin(mine, signal) {
    let token = await line.token();
    for (let repeats = 0; ; repeats += 1) {
      if (mine !== attempt) throw new PushError("connection_lost");
      joinRef = line.nextRef();
      const payload = { ...(typeof params === "function" ? params() : params), token };
      const reply = await line.ask([joinRef, joinRef, topic, "phx_join", payload], signal);
      if (reply.status === "ok") return accepted(reply, token);
      if (reply.response !== "invalid_token" || repeats === REPEATS) throw refusal(reply);
      token = await line.tokenAfter(token);
    }
  }

  function accepted(reply, token) {
    if (token) line.shown(token);
    return reply.response;
  }

  function enter(response) {
    state = "joined";
    backoff.reset();
    joined.resolve(response);
    events.emit("phx_joined", response);
    release();
  }

  /** A refusal is final, but where it only says "not now"; whatever else went wrong is tried again. */
  function fail(error) {
    const isFinal = error.code === "refused" && !["invalid_token", "unavailable"].includes(error.response);
    if (isFinal) close(error);
    else rejoinLater();
  }

  function rejoinLater() {
    state = "joining";
    clearTimer(rejoining);
    rejoining = setTimer(tryToJoin, backoff.next());
  }

  // Pushes that wait for the join, in the order in which they came.
  let waiting = [];

  function whenJoined(signal) {
    if (state === "joined") return Promise.resolve();
    if (state === "closed") return Promise.reject(new PushError("closed"));
    const place = deferred();
    const giveUp = () => place.reject(new PushError("timeout"));
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    waiting.push(place);
    return place.promise;
  }

  function release(error = null) {
    const released = waiting;
    waiting = [];
    for (const place of released) error === null ? place.resolve() : place.reject(error);
  }

  /**
   * @param {string} event
   * @param {object} [payload]
   * @param {{timeout?: number}} [options] milliseconds from now until it is given up, sent or not
   * @returns {Promise<any>} the response. Throws PushError.
   */
  function push(event, payload = {}, { timeout = TIMEOUT } = {}) {
    return withPatience(timeout, (signal) => deliver(event, payload, signal));
  }

  async function deliver(event, payload, signal) {
    let sent = payload;
    for (let repeats = 0; ; repeats += 1) {
      await whenJoined(signal);
      const reply = await line.ask([joinRef, line.nextRef(), topic, event, sent], signal);
      if (reply.status === "ok") return accepted(reply, sent.token);
      if (reply.response !== "invalid_token" || repeats === REPEATS) throw refusal(reply);
      sent = { ...payload, token: await tokenInsteadOf(sent.token ?? null, reply) };
      if (signal.aborted) throw new PushError("timeout");
    }
  }

  async function tokenInsteadOf(refused, reply) {
    try {
      return await line.tokenAfter(refused);
    } catch (cause) {
      throw refusal(reply, cause);
    }
  }

  function withPatience(ms, act) {
    const patience = new AbortController();
    const timer = setTimer(() => patience.abort(), ms);
    return act(patience.signal).finally(() => clearTimer(timer));
  }

  /** Leaves the topic, for good. What still waits for an answer is closed. */
  async function leave() {
    const leaving = state === "joined" && line.isOpen();
    const farewell = [joinRef, line.nextRef(), topic, "phx_leave", {}];
    close(new PushError("closed"));
    line.forget(topic);
    // That nobody answers is no matter to who has left.
    if (leaving) await withPatience(TIMEOUT, (signal) => line.ask(farewell, signal)).catch(() => {});
  }

  function close(error) {
    if (state === "closed") return;
    state = "closed";
    attempt += 1;
    clearTimer(rejoining);
    joined.reject(error);
    joined = null;
    line.lose(topic);
    release(error);
    events.emit("phx_close", { response: error.response });
  }

  function hear(event, payload, ofJoin) {
    // A broadcast names no join; what names one of the past is not for us any more.
    if (state === "closed" || (ofJoin !== null && ofJoin !== joinRef)) return;
    if (event === "phx_close") return close(new PushError("closed"));
    if (event === "phx_error") {
      attempt += 1;
      rejoinLater();
      line.lose(topic);
    }
    events.emit(event, payload);
  }

  return {
    topic,
    get state() {
      return state;
    },
    join,
    push,
    leave,
    /** The server's events, and `phx_joined` (response) after each join, `phx_error`, and `phx_close` at the end. */
    on: events.on,
    hear,
    close,
    opened: tryToJoin,
    lost() {
      attempt += 1;
      clearTimer(rejoining);
      if (state === "joined") state = "joining";
    },
  };
}

function refusal({ response }, cause) {
  return new PushError("refused", { response, cause });
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Whoever does not wait for it is told by the channel's events; it is no uncaught error.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
