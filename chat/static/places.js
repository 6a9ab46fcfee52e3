// The pages, by their paths: which there are, what they are called, and which are for those alone who are signed in.

const PLACES = [
  { name: null, pattern: /^\/$/ },
  { name: "About", pattern: /^\/about$/ },
  { name: null, pattern: /^\/(login|forgot|reset|confirm)$/ },
  { name: "your account", isPrivate: true, pattern: /^\/account$/ },
  { name: "the chat", isPrivate: true, pattern: /^\/chat(\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/ },
];

/** Whether this address is one of our pages (other addresses are loaded by the browser itself). */
export function isPage(url) {
  return url.origin === location.origin && PLACES.some(({ pattern }) => pattern.test(url.pathname));
}

/** What a path of ours is called in a sentence; null for those without a name, and for other people's addresses. */
export function placeName(path) {
  if (!path) return null;
  const url = URL.parse(path, location.origin);
  if (!url || url.origin !== location.origin) return null;
  return PLACES.find(({ pattern }) => pattern.test(url.pathname))?.name ?? null;
}

/** Pages that need nobody to be signed in; where there is none, so does the one that says it. @param {string} path */
export function isPublic(path) {
  const { pathname } = new URL(path, location.origin);
  return !PLACES.some(({ isPrivate, pattern }) => isPrivate && pattern.test(pathname));
}

/** Where to sign in, and then to go on to `next`. */
export function loginPath(next) {
  return `/login?next=${encodeURIComponent(next)}`;
}

/** The conversation that a path opens, or null. */
export function conversationOf(path) {
  return path.match(/^\/chat\/([0-9a-f-]{36})$/)?.[1] ?? null;
}
