// Who may throw away what this browser keeps of people's writing. A tab that is signed in, or does not know yet, holds
// it; a tab that turns out to be a guest's throws it away only where no other holds it: that one may be signed in
// without having said so, as long as its token is not renewed.
import { forgetAll } from "./kept.js";

const NAME = "latchstring.talk.kept";

const locks = globalThis.navigator?.locks;
/** @type {{release: () => void, isReleased: Promise<void>} | null} */
let held = null;

/** Somebody is signed in here, or may turn out to be. */
export function holdKept() {
  if (held || !locks) return;
  /** @type {any} */
  let release;
  const isOver = new Promise((resolve) => (release = resolve));
  held = { release, isReleased: locks.request(NAME, { mode: "shared" }, () => isOver).catch(() => {}) };
}

/** Nobody is signed in here. Where the browser has no locks, or grants none, what there is stays for a sign-out. */
export async function forgetUnlessHeld() {
  const mine = held;
  held = null;
  mine?.release();
  await mine?.isReleased;
  const forget = (lock) => lock && !held && forgetAll();
  await locks?.request(NAME, { ifAvailable: true }, forget).catch(() => {});
}
