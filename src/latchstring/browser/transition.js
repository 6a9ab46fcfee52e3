// A sign-in or a sign-out under way, in this tab or a sibling: while there is one, nobody refreshes, and a refresh in
// flight is aborted. Otherwise its late Set-Cookie could overwrite the new session's cookie, or bring back one that was
// just cleared.

// Longer than either may take: a tab that dies in the middle of one does not hold its siblings up for ever.
const LONGEST = 40_000;
const HERE = "here";

/**
 * @typedef {object} Transition
 * @property {<T>(work: () => Promise<T>) => Promise<T>} run a sign-in or a sign-out of this tab
 * @property {() => Promise<void>} over resolves when none is under way
 * @property {() => boolean} isUnderWay
 * @property {(act: () => void) => void} onBegin what to do as soon as one begins, here or elsewhere
 */

/**
 * @param {{tabs: import("./tabs.js").Tabs, setTimer: Function, clearTimer: Function}} options
 * @returns {Transition}
 */
export function createTransition({ tabs, setTimer, clearTimer }) {
  /** @type {Map<string, unknown>} whose it is, and the timer that gives it up */
  const underWay = new Map();
  const begun = [];
  let here = 0;
  let waiting = [];

  function begin(whose) {
    clearTimer(underWay.get(whose));
    underWay.set(whose, whose === HERE ? null : setTimer(() => end(whose), LONGEST));
    for (const act of begun) act();
  }

  function end(whose) {
    clearTimer(underWay.get(whose));
    underWay.delete(whose);
    if (underWay.size > 0) return;
    const released = waiting;
    waiting = [];
    for (const release of released) release();
  }

  tabs.on("transition", (_, from) => begin(from));
  tabs.on("transition_over", (_, from) => end(from));

  async function run(work) {
    here += 1;
    begin(HERE);
    tabs.tell("transition");
    try {
      // A sibling that refreshes holds the turn until it has aborted: then no answer of its is on the way any more.
      return await tabs.inTurn(work);
    } finally {
      here -= 1;
      if (here === 0) endHere();
    }
  }

  /** Of several in this tab, the last to finish releases those who wait, here and elsewhere. */
  function endHere() {
    tabs.tell("transition_over");
    end(HERE);
  }

  return {
    run,
    over: () => (underWay.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    isUnderWay: () => underWay.size > 0,
    onBegin: (act) => void begun.push(act),
  };
}
