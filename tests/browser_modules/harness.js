// What the tests drive in a page: the modules, a clock that can be turned, and a record of all that was told.
import { decideAfterClose } from "/latchstring/close-codes.js";
import { createGuard, safeNext } from "/latchstring/guard.js";
import { decideRefresh } from "/latchstring/refresh-outcome.js";
import { createSession } from "/latchstring/session.js";
import { createSocket } from "/latchstring/socket.js";
import { createTabs } from "/latchstring/tabs.js";

/** Time stands still until it is turned. `now` can be made to sleep, and `wall` to jump, apart from each other. */
class Clock {
  monotonic = 0;
  wallTime = 1_700_000_000_000;
  timers = new Map();
  last = 0;

  now = () => this.monotonic;
  wall = () => this.wallTime;
  setTimer = (act, ms) => {
    this.last += 1;
    this.timers.set(this.last, { act, at: this.monotonic + ms });
    return this.last;
  };
  clearTimer = (timer) => void this.timers.delete(timer);

  /** Lets time pass, and what is due happen on its way. */
  async pass(ms) {
    const end = this.monotonic + ms;
    for (;;) {
      const next = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!next) break;
      this.timers.delete(next[0]);
      this.wallTime += Math.max(0, next[1].at - this.monotonic);
      this.monotonic = Math.max(this.monotonic, next[1].at);
      next[1].act();
      await settle();
    }
    this.wallTime += end - this.monotonic;
    this.monotonic = end;
  }

  waits = () => [...this.timers.values()].map(({ at }) => at - this.monotonic).sort((a, b) => a - b);
}

/** A turn of the event loop: everything that promises lead to has happened. */
function settle() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}

function record(session) {
  const told = [];
  for (const event of ["change", "signed_in", "renewed", "ended", "try_later"]) {
    session.on(event, (detail) => told.push([event, structuredClone(detail)]));
  }
  return told;
}

/** A session whose time is in the test's hands (`turned`) or the browser's; alone, or with siblings. */
function begin({ turned = false, alone = false, ...options } = {}) {
  const clock = new Clock();
  const wakeups = new EventTarget();
  const { now, wall, setTimer, clearTimer } = clock;
  const time = turned ? { now, wall, setTimer, clearTimer, random: () => 0.5, wakeups } : {};
  const tabs = alone ? null : createTabs({ name: "latchstring", ...time });
  const session = createSession({ tabs, ...time, ...options });
  Object.assign(window, { session, tabs, clock, wakeups, time, told: record(session) });
  return session;
}

function beginSocket(options = {}) {
  const socket = createSocket({ url: "/socket", session, ...time, ...options });
  const states = [];
  socket.on("state", (state) => states.push(state));
  Object.assign(window, { socket, states });
  return socket;
}

Object.assign(window, { createGuard, createSession, createSocket, createTabs, safeNext });
Object.assign(window, { begin, beginSocket, decideAfterClose, decideRefresh, settle, ready: true });
