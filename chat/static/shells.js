// Pages as they come from the server, parsed by the browser: no text is turned into HTML by a script here.

/** @type {Map<string, Document>} */
const held = new Map();

/** The document behind a path. Throws where the server cannot be reached. */
export async function shellOf(path, signal) {
  // All conversations share one shell.
  const key = path.startsWith("/chat/") ? "/chat" : path;
  if (!held.has(key)) held.set(key, await load(key, signal));
  return held.get(key);
}

// As long as our calls wait: a server that accepts and never answers is no page.
const PATIENCE_MS = 15_000;

function load(path, signal) {
  return new Promise((resolve, reject) => {
    // XMLHttpRequest parses a document itself, inertly (nothing in it runs). That is why it is used here: DOMParser
    // is one of the doors that Trusted Types keeps shut, and it stays shut.
    const request = new XMLHttpRequest();
    request.open("GET", path);
    request.responseType = "document";
    request.timeout = PATIENCE_MS;
    request.onload = () => {
      // A page of trouble is not kept in the place of the one that was asked for.
      if (request.status === 200 && request.response?.querySelector("main")) resolve(request.response);
      else reject(new Error("The server did not send it."));
    };
    request.onerror = request.ontimeout = () => reject(new Error("The server did not answer."));
    request.onabort = () => reject(new DOMException("Another page was asked for.", "AbortError"));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send();
  });
}
