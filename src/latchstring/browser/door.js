// Coming in and going out: signing in, registering, signing out here, and everywhere. Each is a transition, and the news
// of it goes to all siblings.
import { createCredential } from "./credential.js";
import { refreshedBy } from "./refresh-outcome.js";
import { errorFor, errorOf } from "./session-error.js";

/**
 * @param {object} options
 * @param {import("./request.js").Request} options.request
 * @param {import("./upkeep.js").Upkeep} options.upkeep
 * @param {import("./standing.js").Standing} options.standing
 * @param {import("./transition.js").Transition} options.transition
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 * @param {() => Promise<number>} options.epochOfCall whose the wish to leave everywhere is
 */
export function createDoor({ request, upkeep, standing, transition, surroundings, epochOfCall }) {
  /** @param {{email: string, password: string, rememberMe?: boolean}} who Throws SessionError. */
  function signIn({ email, password, rememberMe = false }) {
    return enter("/auth/login", { email, password, rememberMe });
  }

  /**
   * @param {{email: string, password: string, display_name?: string, rememberMe?: boolean}} who with whatever else the
   *   app asks newcomers. Throws SessionError.
   */
  function register({ rememberMe = false, ...who }) {
    return enter("/auth/register", { ...who, rememberMe });
  }

  function enter(path, body) {
    return transition.run(async () => {
      const answer = await request("POST", path, { body });
      if (answer.status >= 300 || !answer.body?.auth_token || !answer.body.user) throw errorOf(answer);
      const { payload, ...received } = refreshedBy(answer.body);
      const { auth_token: _, auth_token_expires_in: __, ...shown } = payload;
      upkeep.take(createCredential(received, surroundings), shown);
      upkeep.siblings.tellSignedIn(shown);
      return shown;
    });
  }

  /** Signs out here and in all sibling tabs. Throws SessionError where the server did not: then all stay signed in. */
  function signOut() {
    return transition.run(async () => {
      const answer = await request("POST", "/auth/signout");
      if (answer.status !== 204) throw errorOf(answer);
      leave();
    });
  }

  /** Ends every session of the user, on all devices. Throws SessionError. */
  async function signOutEverywhere() {
    const epoch = await epochOfCall();
    const everywhere = (bearer) => transition.run(() => leaveEverywhere(bearer, epoch));
    const { answer, outcome } = await upkeep.withToken(epoch, everywhere);
    if (outcome) throw errorFor(outcome);
    if (answer.status !== 204) throw errorOf(answer);
  }

  async function leaveEverywhere(bearer, epoch) {
    const answer = await request("POST", "/api/signout_all", { token: bearer });
    // Whoever has signed in here meanwhile did not ask to leave, and the cookie is theirs.
    if (answer.status !== 204 || standing.epoch !== epoch) return answer;
    // Clears the cookie. It opens nothing any more, so it does no harm where this is lost.
    await request("POST", "/auth/signout");
    if (standing.epoch === epoch) leave();
    return answer;
  }

  function leave() {
    upkeep.leave("signed_out");
    upkeep.siblings.tellSignedOut();
  }

  return { signIn, register, signOut, signOutEverywhere };
}
