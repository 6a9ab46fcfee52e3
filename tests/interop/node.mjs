// Commands come as lines of JSON, and answers go the same way.
import { createInterface } from "node:readline";
import WebSocket from "ws";
import * as driver from "./driver.mjs";

if (!globalThis.WebSocket) driver.useTransport(WebSocket);

async function answer(line) {
  const { id, command, given } = JSON.parse(line);
  try {
    return { id, result: (await driver[command](...given)) ?? null };
  } catch (error) {
    return { id, error: error?.stack ?? String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  answer(line).then((said) => process.stdout.write(`${JSON.stringify(said)}\n`));
}
process.exit(0);
