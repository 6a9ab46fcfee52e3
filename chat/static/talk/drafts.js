// What somebody has begun to write in a conversation and not sent: there again after a reload, gone with a sign-out.
import { session } from "../latch.js";
import { keep, kept, letGo } from "./kept.js";

/** @param {string} conversationId @returns {string} empty where there is none */
export function draftOf(conversationId) {
  const userId = session.state.user?.id;
  return (userId && kept(userId, `draft.${conversationId}`)) || "";
}

/** @param {string} conversationId @param {string} text empty: there is no draft any more */
export function keepDraft(conversationId, text) {
  const userId = session.state.user?.id;
  if (!userId) return;
  if (text) keep(userId, `draft.${conversationId}`, text);
  else letGo(userId, `draft.${conversationId}`);
}
