// <my-email>: the e-mail address of whoever is signed in.
import { me } from "../me.js";
import { Part } from "./part.js";

class MyEmail extends Part {
  arrive(signal) {
    const show = () => (this.textContent = me.user?.email ?? "\u00a0"); // keeps its line while it is not known
    me.addEventListener("change", show, { signal });
    show();
  }
}

customElements.define("my-email", MyEmail);
