// Who is online, kept from Phoenix Presence's two events: the whole state, and differences. While the topic that tells
// them is away, nobody knows: after a moment in which most connections are back, nobody is shown as here.

const PATIENCE_MS = 3_000;

/** @typedef {{online_at: string, phx_ref: string, display_name?: string}} Meta */
/** @typedef {Record<string, {metas: Meta[]}>} Entries */

export class Presence extends EventTarget {
  /** @type {Map<string, Meta[]>} */
  #here = new Map();
  #names = new Map();
  #waiting = [];
  #doubt = null;
  synced = false;
  /** Whether what is held may be shown: it is as old as that moment at most. */
  isKnown = false;

  /** A (re)join is under way: differences are held back until the state that they build on is here. */
  expectState() {
    this.synced = false;
    this.#waiting = [];
    if (this.isKnown) this.#doubt ??= setTimeout(() => this.#forget(), PATIENCE_MS);
  }

  #forget() {
    clearTimeout(this.#doubt);
    this.#doubt = null;
    this.isKnown = false;
    this.#tell();
  }

  /** @param {Entries} entries */
  takeState(entries) {
    this.#here = new Map(Object.entries(entries).map(([id, { metas }]) => [id, metas]));
    this.#names.clear();
    clearTimeout(this.#doubt);
    this.#doubt = null;
    this.synced = this.isKnown = true;
    for (const difference of this.#waiting.splice(0)) this.#apply(difference);
    this.#tell();
  }

  /** @param {{joins: Entries, leaves: Entries}} difference */
  takeDifference(difference) {
    if (!this.synced) return void this.#waiting.push(difference);
    this.#apply(difference);
    this.#tell();
  }

  rename(userId, name) {
    this.#names.set(userId, name);
    this.#tell();
  }

  clear() {
    this.expectState();
    this.#here.clear();
    this.#forget();
  }

  /** @returns {Set<string> | null} the ids of all who are here; null while nobody knows */
  get here() {
    return this.isKnown ? new Set(this.#here.keys()) : null;
  }

  /** How many of somebody's sockets are here: none of them, too, where they hide. */
  socketsOf(userId) {
    return this.#here.get(userId)?.length ?? 0;
  }

  /** `{id, name, since}` of each, by the name that everybody is told; nobody while it is not known. */
  list() {
    if (!this.isKnown) return [];
    return [...this.#here].map(([id, metas]) => ({
      id,
      name: this.#names.get(id) ?? metas.at(-1)?.display_name ?? "Somebody",
      since: metas.map((meta) => meta.online_at).sort()[0],
    }));
  }

  #apply({ joins = {}, leaves = {} }) {
    for (const [id, { metas }] of Object.entries(joins)) {
      this.#here.set(id, [...without(this.#here.get(id), metas), ...metas]);
      this.#names.delete(id);
    }
    for (const [id, { metas }] of Object.entries(leaves)) {
      const left = without(this.#here.get(id), metas);
      if (left.length) this.#here.set(id, left);
      else this.#here.delete(id);
    }
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function without(held = [], gone) {
  const refs = new Set(gone.map((meta) => meta.phx_ref));
  return held.filter((meta) => !refs.has(meta.phx_ref));
}
