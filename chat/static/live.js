// The live connection: open while somebody is signed in, on every page, so that a sign-out elsewhere is felt at once.
import { connection } from "./connection.js";
import { followDevices } from "./device-news.js";
import { devices } from "./devices.js";
import { followElsewhere } from "./elsewhere.js";
import { session, socket } from "./latch.js";
import { me } from "./me.js";
import { Presence } from "./presence.js";
import { acquaintances, isMasked } from "./talk/acquaintances.js";
import { conversations } from "./talk/conversations.js";
import { beginErrands, endErrands } from "./talk/errands.js";
import { forgetUnlessHeld, holdKept } from "./talk/keeping.js";
import { forgetThoseOf } from "./talk/kept.js";
import { closeAllRooms } from "./talk/room.js";
import { toast } from "./elements/toast-list.js";

export const online = new Presence();

let joined = [];
let whose = null;
let endElsewhere = () => {};
let deviceNews = null;

export function followLive() {
  session.on("change", follow);
  socket.on("state", (state) => state !== "open" && online.expectState());
  devices.addEventListener(
    "arrival",
    ({ detail }) => detail.current || toast(`You signed in on another device: ${detail.device}.`),
  );
  follow();
}

function follow() {
  const { status } = session.state;
  const user = status === "signed_in" ? session.state.user : null;
  const isOver = status === "signed_out" || (user && user.id !== whose);
  const before = whose;
  if (isOver && whose) stop();
  if (isOver && before) forgetThoseOf(before);
  if (status === "signed_out") forgetUnlessHeld();
  else holdKept();
  if (user && !whose) start(user);
}

function start(user) {
  whose = user.id;
  const general = socket.channel("system:general");
  general.on("phx_error", () => online.expectState());
  general.on("presence_state", (state) => online.takeState(state));
  general.on("presence_diff", (difference) => {
    online.takeDifference(difference);
    if (difference.joins?.[user.id] || difference.leaves?.[user.id]) deviceNews?.look();
  });
  general.on("update_display_name", ({ user_id, display_name }) => {
    online.rename(user_id, display_name);
    acquaintances.rename(user_id, display_name);
    if (user_id === user.id) me.learn({ display_name: isMasked(display_name) ? user.email : display_name });
  });
  const own = socket.channel(`user:${user.id}`);
  joined = [general, own];
  connection.follow(joined);
  conversations.begin({ general, own });
  beginErrands();
  endElsewhere = followElsewhere(online, user.id);
  socket.connect();
  for (const channel of joined) channel.join();
  deviceNews = followDevices(online, user.id);
}

function stop() {
  whose = null;
  endElsewhere();
  deviceNews.end();
  endErrands();
  closeAllRooms();
  conversations.end();
  connection.follow([]);
  for (const channel of joined.splice(0)) channel.leave();
  socket.disconnect();
  online.clear();
  devices.forget();
}
