// A Phoenix Channels client (serializer 2.0.0) that belongs to a session. Promises: it shows a fresh token at each
// connect and after each renewal, stops and closes its channels when the session is over, begins anew with the next
// one, and otherwise comes back by itself, however long it takes.
import { createChannel } from "./channel.js";
import { createEvents } from "./events.js";
import { addressOf } from "./frames.js";
import { createLifeline } from "./lifeline.js";
import { PushError } from "./push-error.js";
import { createReplies } from "./replies.js";
import { SessionError } from "./session-error.js";
import { surroundings as surroundingsOf } from "./surroundings.js";

export { CLOSE_CODES } from "./close-codes.js";
export { PushError } from "./push-error.js";

/** @typedef {import("./lifeline.js").SocketState} SocketState */

/**
 * @param {Partial<import("./surroundings.js").Surroundings> & {
 *   url: string, session: import("./session.js").Session, WebSocket?: typeof globalThis.WebSocket}} options `url` as
 *   phoenix clients take it: `/socket`, `https://…/socket` or `wss://…/socket`
 */
export function createSocket({ url, session, WebSocket = globalThis.WebSocket, ...given }) {
  const surroundings = surroundingsOf(given);
  const events = createEvents();
  const replies = createReplies();
  /** @type {Map<string, import("./channel.js").Channel>} */
  const channels = new Map();
  let wanted = false;
  let lastRef = 0;

  const lifeline = createLifeline({
    address: addressOf(url),
    session,
    WebSocket,
    surroundings,
    onState: (state) => events.emit("state", state),
    onOpen: () => [...channels.values()].forEach((each) => each.opened()),
    onFrame: ([joinRef, ref, topic, event, payload]) => {
      if (event === "phx_reply") replies.settle(ref, payload);
      else channels.get(topic)?.hear(event, payload, joinRef);
    },
    onLost: () => {
      channels.forEach((each) => each.lost());
      replies.lose();
    },
  });

  /** @type {import("./channel.js").Line} */
  const line = {
    isOpen: () => lifeline.state === "open",
    nextRef: () => String((lastRef += 1)),
    ask(frame, signal) {
      const [, ref, topic] = frame;
      // Sent first: what cannot be sent (no JSON) awaits no reply either. None can come before this turn is over.
      if (!signal.aborted) lifeline.send(frame);
      return replies.expect(ref ?? "", topic, signal);
    },
    lose: (topic) => replies.lose(topic),
    token: () => session.token(),
    tokenAfter: (refused) => session.tokenAfter(refused ?? lifeline.shown),
    shown: (token) => void (lifeline.shown = token),
    enter(channel) {
      // A socket joins a topic once: who joins it anew takes the place of who was there.
      channels.get(channel.topic)?.replaced();
      channels.set(channel.topic, channel);
    },
    leave: (channel) => void channels.delete(channel.topic),
  };

  /** Connects, and stays connected for as long as somebody is signed in. */
  function connect() {
    wanted = true;
    if (lifeline.state === "stopped") lifeline.follow();
  }

  /** Channels are kept, and joined again by the next `connect`. */
  function disconnect() {
    wanted = false;
    lifeline.stop();
  }

  /**
   * A channel of the topic, to be joined.
   *
   * @param {string} topic
   * @param {object | (() => object)} [params] sent with each join; a function is asked each time
   * @returns {Pick<import("./channel.js").Channel, "topic" | "state" | "join" | "push" | "leave" | "on">}
   */
  function channel(topic, params = {}) {
    return createChannel({ topic, params, line, surroundings });
  }

  /** @param {import("./session.js").State} state */
  function follow({ status }) {
    if (status === "signed_out") dismiss();
    if (status === "signed_in" && wanted) lifeline.follow();
  }

  /** Nobody is signed in any more: what was theirs is closed, and the next user begins with nothing. */
  function dismiss() {
    lifeline.stop();
    for (const each of [...channels.values()]) each.close(new PushError("closed"));
  }

  let isShowing = false;

  /** The session has another token: the server is shown it, on the user's own topic, so that this socket may stay. */
  async function showToken() {
    const own = channels.get(`user:${session.state.user?.id}`);
    if (isShowing || own?.state !== "joined") return;
    isShowing = true;
    try {
      await own.push("renew", { token: await session.token() });
    } catch (error) {
      // A join or a push that needs a newer token shows it itself, and for the lease the session's newest counts.
      if (!(error instanceof PushError || error instanceof SessionError)) throw error;
    } finally {
      isShowing = false;
    }
  }

  const unsubscribe = [session.on("change", follow), session.on("renewed", showToken)];

  return {
    /** @returns {SocketState} */
    get state() {
      return lifeline.state;
    },
    connect,
    disconnect,
    channel,
    /** Event: state (SocketState). */
    on: events.on,
    /** Disconnects, and lets go of all listeners. */
    close() {
      wanted = false;
      lifeline.close();
      for (const off of unsubscribe) off();
    },
  };
}
