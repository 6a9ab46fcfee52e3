// better-auth as its documentation has it, on node:http with pg, and argon2id from @node-rs/argon2 in place of scrypt.
// Run from .peers/better-auth: `node better_auth.mjs`, and `node better_auth.mjs seed FOLDER PASSWORD PEOPLE SESSIONS`.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import { serializeSignedCookie } from "better-call";
import pg from "pg";

const OWASP = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const DAY = 86_400;
const secret = process.env.PEER_SECRET;
const database = new pg.Pool({ connectionString: process.env.PEER_DATABASE, max: 10 });

// The same people and sessions three times: read from the database (its default), from a signed cookie for an hour, and
// prolonged by each use, which is its refresh: one row is written.
function site(basePath, session) {
  return betterAuth({
    basePath,
    baseURL: `http://127.0.0.1:${process.env.PEER_PORT ?? 3000}`,
    secret,
    database,
    emailAndPassword: {
      enabled: true,
      password: {
        hash: (password) => hash(password, OWASP),
        verify: ({ hash: encoded, password }) => verify(encoded, password),
      },
    },
    session: { expiresIn: 14 * DAY, ...session },
    // Throttling would measure itself.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: "error" },
  });
}

const sites = {
  "/database": site("/database", {}),
  "/cached": site("/cached", { cookieCache: { enabled: true, maxAge: 3600 } }),
  "/renewing": site("/renewing", { updateAge: 0 }),
};

function serve() {
  const handlers = Object.fromEntries(Object.entries(sites).map(([path, auth]) => [path, toNodeHandler(auth)]));
  const server = createServer(async (request, response) => {
    const [, name, rest] = request.url.split("/", 3);
    if (rest !== "me") return handlers[`/${name}`]?.(request, response) ?? response.writeHead(404).end();
    const session = await sites[`/${name}`].api.getSession({ headers: fromNodeHeaders(request.headers) });
    const answer = JSON.stringify(session ? { id: session.user.id } : null);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(answer) };
    response.writeHead(session ? 200 : 401, headers).end(answer);
  });
  server.listen(Number(process.env.PEER_PORT), "127.0.0.1");
}

async function seed(folder, password, people, sessions) {
  await (await getMigrations(sites["/database"].options)).runMigrations();
  const ids = Array.from({ length: people }, (_, n) => `person-${n}`);
  const emails = ids.map((_, n) => `person${n}@example.org`);
  const tokens = Array.from({ length: sessions }, () => randomBytes(16).toString("hex"));
  await database.query(
    `INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     SELECT id, id, email, true, now(), now() FROM unnest($1::text[], $2::text[]) AS each (id, email)`,
    [ids, emails],
  );
  await database.query(
    `INSERT INTO account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
     SELECT 'account-' || id, id, 'credential', id, $2, now(), now() FROM unnest($1::text[]) AS each (id)`,
    [ids, await hash(password, OWASP)],
  );
  await database.query(
    `INSERT INTO session (id, "expiresAt", token, "createdAt", "updatedAt", "userId")
     SELECT 'session-' || n, now() + interval '14 days', token, now(), now(), ($2::text[])[n % $3 + 1]
     FROM unnest($1::text[]) WITH ORDINALITY AS each (token, n)`,
    [tokens, ids, people],
  );
  const cookies = await Promise.all(tokens.map((each) => serializeSignedCookie("better-auth.session_token", each, secret)));
  write(folder, "refresh", cookies);
  write(folder, "cached", await Promise.all(emails.map((email) => cookiesOf(sites["/cached"], email, password))));
  await database.end();
}

function write(folder, name, lines) {
  writeFileSync(`${folder}/${name}`, lines.map((each) => `${each}\n`).join(""));
}

async function cookiesOf(auth, email, password) {
  const response = await auth.api.signInEmail({ body: { email, password }, asResponse: true });
  return response.headers.getSetCookie().map((each) => each.split(";", 1)[0]).join("; ");
}

const [, , word, folder, password, people, sessions] = process.argv;
if (word === "seed") await seed(folder, password, Number(people), Number(sessions));
else serve();
