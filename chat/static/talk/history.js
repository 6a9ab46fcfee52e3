// Pages of a conversation's history, over HTTP, and how much of it is read again after an absence.
import { ask } from "../latch.js";

const PAGE = 50;
const BIG_PAGE = 100;
const REFRESHED = 200;
const AT_MOST = 400;

/** @typedef {{items: any[], page_token: string}} Page newest first */

/** @returns {Promise<Page>} */
export async function pageBefore(conversationId, before, size = PAGE) {
  const query = new URLSearchParams({ conversation_id: conversationId, page_token: before, page_size: String(size) });
  const { messages } = await ask("GET", `/api/messages?${query}`);
  return { items: messages.items, page_token: messages.page_token ?? "" };
}

/** The newest page. @returns {Promise<Page>} */
export function newestPage(conversationId) {
  return pageBefore(conversationId, "");
}

/**
 * A page, and as many before it as it takes to meet what is held and to read that again, within bounds. Where one does
 * not come, those before are the answer: they follow each other without a gap.
 *
 * @param {string} conversationId
 * @param {Page} newest
 * @param {{count: number, newest: string | undefined}} held
 * @returns {Promise<Page>}
 */
export async function pagesToMeet(conversationId, newest, held) {
  const items = [...newest.items];
  let before = newest.page_token;
  const wanted = Math.min(held.count, REFRESHED);
  const meets = () => items.some(({ message_group }) => message_group === held.newest);
  while (held.count && before && items.length < AT_MOST && (items.length < wanted || !meets())) {
    try {
      const page = await pageBefore(conversationId, before, BIG_PAGE);
      items.push(...page.items);
      before = page.page_token;
    } catch {
      break;
    }
  }
  return { items, page_token: before };
}
