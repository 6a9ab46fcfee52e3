// One topic on the socket. Promises: it joins, and joins again after each reconnect or failure, until it is left or
// refused; a push waits until it is joined, has one answer or one PushError, and is sent at most once, save where the
// server said `invalid_token`, which means that nothing happened.
import { createBackoff } from "./backoff.js";
import { createEvents } from "./events.js";
import { deferred, withPatience } from "./patience.js";
import { PushError } from "./push-error.js";
import { createQueue } from "./queue.js";
import { SessionError } from "./session-error.js";

const TIMEOUT = 10_000;
// Of the wait before a join is tried again. The socket is open, and the answer "not now" is cheap: where a server has
// lost sight of its others for minutes, everybody is back within seconds of its finding them, and not all at once.
const LONGEST_WAIT = 10_000;
const REPEATS = 3;
const NOT_NOW = ["invalid_token", "unavailable", "join crashed"];

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
 * @property {(channel: Channel) => void} enter it wants to hear of its topic from now on
 * @property {(channel: Channel) => void} leave it does not any more
 */

/**
 * @typedef {object} Channel
 * @property {string} topic
 * @property {"closed" | "joining" | "joined"} state
 * @property {() => Promise<any>} join
 * @property {(event: string, payload?: object, options?: {timeout?: number}) => Promise<any>} push
 * @property {() => Promise<void>} leave
 * @property {(event: string, listener: (payload: any) => void) => () => void} on the server's events, and its own:
 *   `phx_joined` (response) after each join, `phx_error` before it joins again, `phx_close` ({response}: why, where the
 *   server refused) when it is closed
 * @property {(event: string, payload: any, ofJoin: string | null) => void} hear
 * @property {(error: PushError) => void} close
 * @property {() => void} replaced
 * @property {() => void} opened
 * @property {() => void} lost
 */

/**
 * @param {object} options
 * @param {string} options.topic
 * @param {object | (() => object)} options.params of the join; the token is added to them
 * @param {Line} options.line
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 * @returns {Channel}
 */
export function createChannel({ topic, params, line, surroundings }) {
  const { setTimer, clearTimer, random } = surroundings;
  const events = createEvents();
  const backoff = createBackoff({ random, cap: LONGEST_WAIT });
  const queue = createQueue();
  /** @type {"closed" | "joining" | "joined"} */
  let state = "closed";
  /** @type {import("./patience.js").Deferred<any>} */
  let joined = deferred();
  /** @type {string | null} */
  let joinRef = null;
  let attempt = 0;
  let rejoining = null;

  /** @returns {Promise<any>} the response to the first join that succeeds. Throws PushError: refused, closed. */
  function join() {
    if (state !== "closed") return joined.promise;
    state = "joining";
    line.enter(channel);
    joined = deferred();
    // Who does not wait for it is told by the channel's events: a refusal is no uncaught error then.
    joined.promise.catch(() => {});
    tryToJoin();
    return joined.promise;
  }

  async function tryToJoin() {
    clearTimer(rejoining);
    if (state !== "joining" || !line.isOpen()) return;
    attempt += 1;
    const mine = attempt;
    try {
      const response = await withPatience(surroundings, TIMEOUT, (signal) => askToJoin(mine, signal));
      if (mine === attempt) enter(response);
    } catch (error) {
      if (mine === attempt) fail(error);
      // The app's parameters may throw, or not be JSON: that is a mistake to be seen, in the console at least.
      if (!isTrouble(error)) throw error;
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

  function enter(response) {
    state = "joined";
    backoff.reset();
    joined.resolve(response);
    queue.release();
    events.emit("phx_joined", response);
  }

  /** A refusal is final, unless it only says "not now", and so is a mistake. Other trouble is tried again. */
  function fail(error) {
    const { code, response } = error;
    if (!isTrouble(error)) close(new PushError("closed", { cause: error }));
    else if (code === "refused" && !NOT_NOW.includes(response?.reason ?? response)) close(error);
    else rejoinLater();
  }

  function rejoinLater() {
    attempt += 1;
    state = "joining";
    clearTimer(rejoining);
    rejoining = setTimer(tryToJoin, backoff.next());
  }

  /**
   * @param {string} event
   * @param {object} [payload]
   * @param {{timeout?: number}} [options] milliseconds from now until it is given up, sent or not
   * @returns {Promise<any>} the response. Throws PushError.
   */
  function push(event, payload = {}, { timeout = TIMEOUT } = {}) {
    return withPatience(surroundings, timeout, (signal) => deliver(event, payload, signal));
  }

  async function deliver(event, payload, signal) {
    const membership = joined;
    let sent = payload;
    for (let repeats = 0; ; repeats += 1) {
      await whenJoined(signal);
      // Closed and joined anew while the token was renewed, perhaps by the next user: it was not pushed there.
      if (joined !== membership) throw new PushError("closed");
      const reply = await line.ask([joinRef, line.nextRef(), topic, event, sent], signal);
      if (reply.status === "ok") return accepted(reply, sent.token);
      if (reply.response !== "invalid_token" || repeats === REPEATS) throw refusal(reply);
      sent = { ...payload, token: await tokenAfterRefusal(sent.token ?? null, reply) };
    }
  }

  function whenJoined(signal) {
    if (state === "closed") return Promise.reject(new PushError("closed"));
    return state === "joined" ? Promise.resolve() : queue.wait(signal);
  }

  async function tokenAfterRefusal(refused, reply) {
    try {
      return await line.tokenAfter(refused);
    } catch (cause) {
      throw refusal(reply, cause);
    }
  }

  function accepted(reply, token) {
    if (token) line.shown(token);
    return reply.response;
  }

  /** Leaves the topic, for good. What still waits for an answer is closed. */
  async function leave() {
    /** @type {import("./frames.js").Frame} */
    const farewell = [joinRef, line.nextRef(), topic, "phx_leave", {}];
    // Also where the join is not answered yet: the server may have let us in already, or will.
    const isHeard = state !== "closed" && joinRef !== null && line.isOpen();
    close(new PushError("closed"));
    if (isHeard) await withPatience(surroundings, TIMEOUT, (signal) => line.ask(farewell, signal)).catch(ifTrouble);
  }

  /** @param {PushError} error what everybody who waits is told */
  function close(error) {
    if (state === "closed") return;
    end(error);
    line.lose(topic);
  }

  /** Another channel joins the topic. What was pushed here is still answered: the server takes frames in their order. */
  function replaced() {
    end(new PushError("closed"));
  }

  function end(error) {
    if (state === "closed") return;
    state = "closed";
    line.leave(channel);
    attempt += 1;
    joinRef = null;
    clearTimer(rejoining);
    joined.reject(error);
    queue.close(error);
    events.emit("phx_close", { response: error.response });
  }

  function hear(event, payload, ofJoin) {
    // A broadcast names no join; what names one of the past is not for us any more.
    if (state === "closed" || (ofJoin !== null && ofJoin !== joinRef)) return;
    if (event === "phx_close") return close(new PushError("closed"));
    if (event === "phx_error") {
      rejoinLater();
      line.lose(topic);
    }
    events.emit(event, payload);
  }

  function lost() {
    attempt += 1;
    joinRef = null;
    clearTimer(rejoining);
    if (state === "joined") state = "joining";
  }

  /** @type {Channel} */
  const channel = {
    topic,
    get state() {
      return state;
    },
    join,
    push,
    leave,
    on: events.on,
    hear,
    close,
    replaced,
    opened: tryToJoin,
    lost,
  };
  return channel;
}

function refusal({ response }, cause) {
  return new PushError("refused", { response, cause });
}

/** What happens to honest code: the server refused, was silent or away, or the session is over. */
function isTrouble(error) {
  return error instanceof PushError || error instanceof SessionError;
}

/** Who has left needs no answer. */
function ifTrouble(error) {
  if (!isTrouble(error)) throw error;
}
