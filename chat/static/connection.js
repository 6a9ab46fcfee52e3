// Whether the server can be reached, as one truth: whoever shows it asks here, so that no two marks on a page disagree.
import { session, socket } from "./latch.js";

/** @typedef {"live" | "connecting" | "reconnecting" | "unreachable" | "offline" | "stopped"} ConnectionState */

const OF_SOCKET = { open: "live", connecting: "connecting", waiting: "reconnecting", stopped: "stopped" };

class Connection extends EventTarget {
  /** @type {ConnectionState} */
  state = "stopped";
  #isOffline = false;
  #isUnreachable = false;

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
    if (next === this.state) return;
    this.state = next;
    this.dispatchEvent(new Event("change"));
  }

  /** @returns {ConnectionState} */
  #judge() {
    if (this.#isOffline) return "offline";
    // A refresh that failed beside an open socket is tried again in silence: the page is live.
    if (this.#isUnreachable && socket.state !== "open") return "unreachable";
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
