// The page runs this one. While nodes are renewed, it may come of another version than all the rest: it takes one name of
// it, and that one stays.
import { begin } from "./begin.js";

await begin();
