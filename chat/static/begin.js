// The page's start: elements, then the session, then the first route.
import "./elements/account-corner.js";
import "./elements/chat-room.js";
import "./elements/chat-side.js";
import "./elements/confirm-form.js";
import "./elements/connection-mark.js";
import "./elements/device-list.js";
import "./elements/email-confirmation.js";
import "./elements/ended-notice.js";
import "./elements/forgot-form.js";
import "./elements/look-form.js";
import "./elements/my-email.js";
import "./elements/password-form.js";
import "./elements/password-meter.js";
import "./elements/presence-list.js";
import "./elements/profile-form.js";
import "./elements/reset-form.js";
import "./elements/secret-field.js";
import "./elements/service-notice.js";
import "./elements/sign-in-form.js";
import "./elements/theme-toggle.js";
import "./elements/toast-list.js";
import { followLive } from "./live.js";
import { followLook } from "./look.js";
import { followNotices } from "./notices.js";
import { followTitle } from "./page-title.js";
import { followRecents } from "./recents.js";
import { startRouter } from "./router.js";
import { followSession } from "./signing.js";

/** Once the first route is there. */
export async function begin() {
  // A page that is prerendered may never be looked at: it spends nothing until it is.
  if (document.prerendering) {
    await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve, { once: true }));
  }

  // Brought back as it was left, perhaps by another person after a sign-out: begin anew instead.
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  followSession();
  followLook();
  followLive();
  followTitle();
  followNotices();
  followRecents();
  await startRouter();
}
