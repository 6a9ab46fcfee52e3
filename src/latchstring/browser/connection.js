// One WebSocket, from its opening to its end, which is told exactly once. It is at its end also where it never opens in
// time, or does not answer a heartbeat: after a sleep or a change of network, a dead socket may look open for minutes.
import { decode, encode, protocolsFor } from "./frames.js";

const HEARTBEAT_EVERY = 30_000;
const PATIENCE = 10_000;
const HEARTBEAT = "heartbeat";
const DIED = { code: 1006, reason: "" };

/** @typedef {ReturnType<typeof openConnection>} Connection */

/**
 * @param {object} options
 * @param {string} options.address
 * @param {string} options.token
 * @param {typeof globalThis.WebSocket} options.WebSocket
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 * @param {() => void} options.onOpen
 * @param {(frame: import("./frames.js").Frame) => void} options.onFrame
 * @param {(close: {code: number, reason: string, opened: boolean}) => void} options.onEnd
 */
export function openConnection({ address, token, WebSocket, surroundings, onOpen, onFrame, onEnd }) {
  const { setTimer, clearTimer } = surroundings;
  const socket = new WebSocket(address, protocolsFor(token));
  let opened = false;
  let over = false;
  let nextBeat = null;
  let patience = setTimer(die, PATIENCE);

  socket.onopen = () => {
    opened = true;
    answered();
    onOpen();
  };
  socket.onmessage = ({ data }) => {
    const frame = decode(data);
    if (frame === null) return; // another serializer's, or a newer one's: not for us
    if (frame[2] === "phoenix" && frame[1] === HEARTBEAT) answered();
    else onFrame(frame);
  };
  socket.onclose = ({ code, reason }) => end({ code, reason });

  function answered() {
    clearTimer(patience);
    patience = null;
    clearTimer(nextBeat);
    nextBeat = setTimer(beat, HEARTBEAT_EVERY);
  }

  function beat() {
    if (!opened || over || patience !== null) return;
    clearTimer(nextBeat);
    patience = setTimer(die, PATIENCE);
    send([null, HEARTBEAT, "phoenix", "heartbeat", {}]);
  }

  function send(frame) {
    // While it is closing, sending is pointless and only noise in the console.
    if (socket.readyState === WebSocket.OPEN) socket.send(encode(frame));
  }

  function die() {
    socket.close();
    end(DIED);
  }

  function end(close) {
    if (over) return;
    release();
    onEnd({ ...close, opened });
  }

  function release() {
    over = true;
    clearTimer(patience);
    clearTimer(nextBeat);
    socket.onopen = socket.onmessage = socket.onclose = null;
  }

  return {
    send,
    /** Asks at once whether anybody is still there. */
    probe: beat,
    /** Ends it without a word to `onEnd`. */
    close() {
      release();
      socket.close(1000);
    },
  };
}
