// <account-corner>: who is signed in and the way out, or the way in. Empty until that is known.
import { session } from "../latch.js";
import { me } from "../me.js";
import { make, Part, until } from "./part.js";
import { signOut } from "../signing.js";

class AccountCorner extends Part {
  arrive(signal) {
    until(
      signal,
      session.on("change", () => this.#show()),
    );
    me.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  #show() {
    const state = `${session.state.status} ${me.user?.display_name}`;
    if (this.dataset.shows === state) return; // the focus stays where it is
    this.dataset.shows = state;
    this.replaceChildren(...this.#content());
  }

  #content() {
    if (session.state.status === "signed_out")
      return [make("a", { class: "button button-small", href: "/login" }, "Sign in")];
    if (session.state.status !== "signed_in" || !me.user) return [];
    const out = make("button", { class: "button button-quiet button-small", type: "button" }, "Sign out");
    out.addEventListener("click", () => signOut(out));
    const name = make("a", { class: "corner-name", href: "/account", title: "Your account" }, me.user.display_name);
    return [name, out];
  }
}

customElements.define("account-corner", AccountCorner);
