// Looking for people, and beginning a conversation with them. The keys of whoever begins it go with it.
import { ask } from "../latch.js";
import { personOf } from "./acquaintances.js";
import { makeKeyPair } from "./keys.js";
import { explained } from "./sentences.js";

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

/** One per pair: where there is one already, its id is the answer. @returns {Promise<string>} */
export function startPrivate(general, userId) {
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

async function start(general, event, wish) {
  const keys = await makeKeyPair();
  try {
    const answer = await general.push(event, { ...wish, ...keys });
    return typeof answer === "string" ? answer : answer.conversation_id;
  } catch (error) {
    throw explained(error);
  }
}
