// <profile-form>: the display name, saved by a button, and whether one is shown as online, saved at once.
import { onSubmit, showTroubles } from "../forms.js";
import { me } from "../me.js";
import { Part } from "./part.js";
import { toastDone } from "./toast-list.js";

class ProfileForm extends Part {
  arrive(signal) {
    this.form = this.querySelector("form");
    onSubmit(this.form, signal, () => this.#rename());
    this.form.elements.hidden.addEventListener("change", (event) => this.#hide(event.target), { signal });
    me.addEventListener("change", () => this.#fill(), { signal });
    this.#fill();
  }

  #fill() {
    if (!me.user) return;
    const { display_name, hidden } = this.form.elements;
    // What is being typed is not overwritten by news from another device.
    if (display_name.value === (this.dataset.name ?? "")) display_name.value = me.user.display_name;
    this.dataset.name = me.user.display_name;
    hidden.checked = me.user.hidden;
  }

  async #rename() {
    const name = this.form.elements.display_name.value.trim();
    await me.change({ display_name: name });
    this.form.elements.display_name.value = me.user.display_name;
    toastDone("Your display name is saved.");
  }

  async #hide(box) {
    try {
      await me.change({ hidden: box.checked });
      toastDone(box.checked ? "Others no longer see that you are online." : "Others see when you are online.");
    } catch (trouble) {
      box.checked = me.user?.hidden ?? false;
      showTroubles(this.form, trouble);
    }
  }
}

customElements.define("profile-form", ProfileForm);
