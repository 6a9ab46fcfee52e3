// What a test can have the stock client do, in Node and in a page alike. All of it is the package's documented API.
import { Presence, Socket } from "phoenix";
import { connect } from "./client.mjs";

const visitors = new Map();

/** Node before 22 has no WebSocket of its own: the package takes another as its `transport`. */
let transport;
export function useTransport(given) {
  transport = given;
}

/** `way` is "params" or "authToken": each a text that never changes, as most do it. */
export function open(name, address, way, token) {
  const how = way === "params" ? { params: { token } } : { authToken: token };
  watch(name, new Socket(address, { ...how, transport }));
}

/** As docs/how-to/write-a-client.md says. `refreshAt` answers like the API tier's POST /auth/refresh. */
export function openAsDocumented(name, address, signedIn, refreshAt) {
  let { refresh_token } = signedIn;
  const refresh = async () => {
    const body = JSON.stringify({ token: refresh_token, brief: true });
    const answer = await fetch(refreshAt, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (answer.status === 401) return null;
    if (!answer.ok) throw new Error(`${answer.status}: later`);
    const pair = await answer.json();
    refresh_token = pair.refresh_token;
    visitors.get(name).refreshes += 1;
    return pair;
  };
  const client = connect(address, signedIn, refresh, { transport });
  Object.assign(watch(name, client.socket), { client });
}

function watch(name, socket) {
  const visitor = { socket, opens: 0, refreshes: 0, closes: [], errors: [], channels: new Map(), presence: null };
  visitors.set(name, visitor);
  socket.onOpen(() => (visitor.opens += 1));
  socket.onClose(({ code, reason }) => visitor.closes.push({ code, reason: String(reason), at: performance.now() }));
  socket.onError((error) => visitor.errors.push(String(error?.message ?? error)));
  socket.connect();
  return visitor;
}

export function state(name) {
  const { socket, opens, refreshes, closes, errors } = visitors.get(name);
  return { state: socket.connectionState(), protocol: socket.conn?.protocol ?? "", opens, refreshes, closes, errors };
}

/** The answer to the first try, `[status, response]`. The channel is kept, and joins again as the client sees fit. */
export function join(name, topic, payload) {
  const { socket, channels } = visitors.get(name);
  const visited = listen(socket.channel(topic, payload));
  channels.set(topic, visited);
  if (topic === "system:general") visitors.get(name).presence = witness(visited.channel);
  const push = visited.channel.join();
  push.receive("ok", () => (visited.joins += 1));
  return answerTo(push);
}

export function joinAsDocumented(name, topic, payload) {
  const { client, channels } = visitors.get(name);
  channels.set(topic, listen(client.join(topic, payload)));
}

function listen(channel) {
  const visited = { channel, heard: [], joins: 0 };
  channel.onMessage = (event, payload) => {
    visited.heard.push([event, payload]);
    return payload;
  };
  return visited;
}

function witness(channel) {
  const presence = new Presence(channel);
  const seen = { presence, came: [], went: [] };
  presence.onJoin((id, before, { metas }) => seen.came.push([id, before?.metas.length ?? 0, metas.length]));
  presence.onLeave((id, { metas }) => seen.went.push([id, metas.length]));
  return seen;
}

/** Who is there with how many devices; and, as they came, `[id, devices before, new ones]`; as they went, `[id, left]`. */
export function presence(name) {
  const { presence, came, went } = visitors.get(name).presence;
  return { here: Object.fromEntries(presence.list((id, { metas }) => [id, metas])), came, went };
}

export function push(name, topic, event, payload) {
  return answerTo(channelOf(name, topic).push(event, payload));
}

export function pushAsDocumented(name, topic, event, payload) {
  const { client } = visitors.get(name);
  return client.push(channelOf(name, topic), event, payload).then(
    (response) => ["ok", response],
    (response) => ["error", response],
  );
}

export function leave(name, topic) {
  return answerTo(channelOf(name, topic).leave());
}

function answerTo(push) {
  return new Promise((resolve) => {
    for (const status of ["ok", "error", "timeout"]) push.receive(status, (response) => resolve([status, response]));
  });
}

/** What was heard in a topic. `joined` is how it stands there now. */
export function topic(name, topic) {
  const { channel, heard, joins } = visitors.get(name).channels.get(topic);
  return { state: channel.state, joins, heard: heard.filter(([event]) => !event.startsWith("chan_reply_")) };
}

function channelOf(name, topic) {
  return visitors.get(name).channels.get(topic).channel;
}

/** One heartbeat; the milliseconds that its answer took. */
export function ping(name) {
  return new Promise((resolve, reject) => {
    if (!visitors.get(name).socket.ping(resolve)) reject(new Error("it is not connected"));
  });
}

export function close(name) {
  return new Promise((resolve) => visitors.get(name).socket.disconnect(resolve));
}

const RSA = { name: "RSA-OAEP", hash: "SHA-256" };

/** Both halves as the platform exports them: members that do not apply are absent. */
export async function newKeys() {
  const how = { ...RSA, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await crypto.subtle.generateKey(how, true, ["encrypt", "decrypt"]);
  const [public_key, private_key] = await Promise.all(
    [pair.publicKey, pair.privateKey].map((key) => crypto.subtle.exportKey("jwk", key)),
  );
  return { public_key, private_key };
}

export async function encrypt(publicKey, text) {
  const key = await crypto.subtle.importKey("jwk", jwk(publicKey), RSA, false, ["encrypt"]);
  const bytes = new Uint8Array(await crypto.subtle.encrypt(RSA, key, new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes));
}

export async function decrypt(privateKey, content) {
  const key = await crypto.subtle.importKey("jwk", jwk(privateKey), RSA, false, ["decrypt"]);
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(await crypto.subtle.decrypt(RSA, key, bytes));
}

/** As it comes from the server, absent members are null; the platform takes null for a text. */
function jwk({ type, user_id, ...members }) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}
