// A double of talk/conversations.js: what the tests put into `world`, told as the real one tells it.
class Summary {
  constructor(facts) {
    Object.assign(this, { isPrivate: true, alias: null, unread: 0, typing: [], people: [], isKnown: true }, facts);
    this.updatedAt = new Date(facts.updatedAt ?? Date.now());
  }

  get title() {
    return this.alias ?? (this.people.map(({ name }) => name).join(", ") || "Only you");
  }
}

class Conversations extends EventTarget {
  ready = true;
  held = new Map();
  started = [];
  clientIds = [];
  trouble = null;
  found = [];

  list() {
    return [...this.held.values()].sort((one, other) => other.updatedAt - one.updatedAt);
  }

  get(id) {
    return this.held.get(id) ?? null;
  }

  get unread() {
    return this.list().reduce((sum, { unread }) => sum + unread, 0);
  }

  async startPrivate(userId) {
    this.started.push(userId);
    return world.conversations[0].id;
  }

  async startGroup(userIds, alias, clientId) {
    this.clientIds.push(clientId);
    if (this.trouble) throw new Error(this.trouble);
    this.started.push({ userIds, alias });
    return world.conversations[0].id;
  }

  async searchPeople(text, pageToken = "") {
    const all = this.found.filter(({ name, email }) => name.toLowerCase().includes(text.toLowerCase()) || email === text);
    const from = Number(pageToken || 0);
    return { people: all.slice(from, from + 2), next: from + 2 < all.length ? String(from + 2) : "" };
  }

  begin() {}
  end() {}

  set(facts) {
    const old = this.held.get(facts.id);
    if (old) Object.assign(old, facts, { updatedAt: new Date(facts.updatedAt ?? old.updatedAt) });
    else this.held.set(facts.id, new Summary(facts));
    this.dispatchEvent(new Event("change"));
  }
}

globalThis.world ??= { conversations: [] };
export const conversations = (globalThis.talk = new Conversations());
conversations.found = world.found ?? [];
for (const facts of world.conversations) conversations.set(facts);
