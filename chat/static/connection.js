// Whether the server can be reached, as one truth: whoever shows it asks here, so that no two marks on a page disagree.
// An open socket alone is no connection: where the server has lost its way to the others, it lets nobody into a topic.
import { session, socket } from "./latch.js";
import { address } from "./address.js";

/**
 * @typedef {"live" | "connecting" | "reconnecting" | "unreachable" | "offline" | "stopped" | "elsewhere"}
 *   ConnectionState
 */

/** Many may be writing when a server is away: what they do asks it no oftener than this. */
const BETWEEN_NUDGES_MS = 5_000;

const OF_SOCKET = { open: "live", connecting: "connecting", waiting: "reconnecting", stopped: "stopped" };

class Connection extends EventTarget {
  /** @type {ConnectionState} */
  state = "stopped";
  #isOffline = false;
  #isUnreachable = false;
  #wasLive = false;
  #nudgedAt = -Infinity;
  #topics = [];

  constructor() {
    super();
    socket.on("state", (state) => {
      if (state === "open") this.#hear();
      else if (state === "waiting") this.#miss();
      else this.#tell();
    });
    session.on("try_later", () => {
      this.#isUnreachable = true;
      this.#miss();
    });
    for (const event of ["signed_in", "renewed", "change"]) session.on(event, () => this.#hear());
    addEventListener("offline", () => this.#doubt());
    addEventListener("online", () => {
      this.#isOffline = false;
      this.#tell();
    });
  }

  /** These topics are about to be joined, on every page: without them nothing is live. Until the next ones, or none. */
  follow(topics) {
    this.#topics = topics;
    this.#wasLive = false;
    for (const topic of topics) for (const event of ["phx_joined", "phx_error"]) topic.on(event, () => this.#tell());
    this.#tell();
  }

  /** Now, instead of when it would be tried again. */
  tryNow() {
    if (session.state.status !== "signed_in") return void session.silent();
    socket.disconnect();
    socket.connect();
  }

  /** Somebody has just written something: who waits like that is not left waiting for half a minute. */
  nudge() {
    if (socket.state !== "waiting" || Date.now() - this.#nudgedAt < BETWEEN_NUDGES_MS) return;
    this.#nudgedAt = Date.now();
    this.tryNow();
  }

  /** The server has answered. */
  #hear() {
    this.#isOffline = false;
    this.#isUnreachable = false;
    this.#tell();
  }

  /** No answer came: perhaps for want of a network. */
  #miss() {
    this.#isOffline ||= !navigator.onLine;
    this.#tell();
  }

  /** The browser says that there is no network. A server on the same machine may answer all the same: it is asked. */
  async #doubt() {
    if (await answers()) return;
    this.#isOffline = !navigator.onLine;
    this.#tell();
  }

  #tell() {
    const next = this.#judge();
    this.#wasLive ||= next === "live";
    if (next === this.state) return;
    this.state = next;
    this.dispatchEvent(new Event("change"));
  }

  /** @returns {ConnectionState} */
  #judge() {
    if (!address.isOurs) return "elsewhere";
    if (this.#isOffline) return "offline";
    // A refresh that failed beside an open socket is tried again in silence: the page is live.
    if (this.#isUnreachable && socket.state !== "open") return "unreachable";
    const isInVain = socket.state === "open" && this.#topics.some(({ state }) => state !== "joined");
    if (isInVain) return this.#wasLive ? "reconnecting" : "connecting";
    return OF_SOCKET[socket.state];
  }
}

async function answers() {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(4_000) })).ok;
  } catch {
    return false;
  }
}

export const connection = new Connection();
