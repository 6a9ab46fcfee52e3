// Looking for people, and beginning a conversation with them. The keys of whoever begins it go with it.
import { connection } from "../connection.js";
import { ask } from "../latch.js";
import { personOf } from "./acquaintances.js";
import { makeKeyPair } from "./keys.js";
import { explained } from "./sentences.js";

const AWAY = "There is no connection just now, and without one no conversation can be begun. Please try again in a moment.";
/** A page that is about to be connected again may be so within a second: whoever asks waits for that. */
const OUT_OF_REACH = ["offline", "unreachable", "elsewhere"];

/**
 * By a part of a name or a whole e-mail.
 *
 * @param {string} text
 * @param {string} [pageToken] the `next` of the page before
 * @returns {Promise<{people: import("./acquaintances.js").Person[], next: string}>} an empty `next`: no more
 */
export async function searchPeople(text, pageToken = "") {
  const query = new URLSearchParams({ search: text, page_token: pageToken });
  const { users } = await ask("GET", `/api/users?${query}`);
  return { people: users.items.map(personOf), next: users.page_token };
}

/** One per pair: where there is one already, its id is the answer, without a connection too. @returns {Promise<string>} */
export async function startPrivate(general, userId) {
  if (!isLive(general)) {
    const { conversation_id: there } = await ask("GET", `/api/conversations/private/${userId}`);
    if (there) return there;
  }
  return start(general, "start_private_conversation", { other_user_id: userId });
}

/**
 * @param {string} clientId the same for the same wish: of one whose answer was lost, no second group is made
 * @returns {Promise<string>}
 */
export function startGroup(general, userIds, alias, clientId) {
  const wish = { user_ids: userIds, client_id: clientId, ...(alias?.trim() && { alias }) };
  return start(general, "start_group_conversation", wish);
}

/** With a status, as of what is no riddle to the page: forms say the sentence itself. */
function away() {
  return Object.assign(new Error(AWAY), { code: "connection_lost", status: 400 });
}

function isLive(general) {
  return general.state === "joined" && connection.state === "live";
}

async function start(general, event, wish) {
  if (OUT_OF_REACH.includes(connection.state)) throw away();
  const keys = await makeKeyPair();
  try {
    const answer = await general.push(event, { ...wish, ...keys });
    return typeof answer === "string" ? answer : answer.conversation_id;
  } catch (error) {
    throw error.code === "timeout" && !isLive(general) ? away() : explained(error);
  }
}
