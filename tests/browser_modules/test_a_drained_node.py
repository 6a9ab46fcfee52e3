"""Thousands who were on a node that drained do not come to the others in the same second."""

from collections import Counter

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.anyio

CLIENTS = 5_000

WAITS = """
async (clients) => {
  const sockets = [];
  const waits = [];
  class Double {
    constructor() { this.readyState = 1; sockets.push(this); }
    close() {}
    send() {}
  }
  for (let client = 0; client < clients; client += 1) {
    createSocket({
      url: "/socket",
      session: {epoch: 0, on: () => () => {}, token: async () => "token", state: {}},
      WebSocket: Double,
      wakeups: new EventTarget(),
      setTimer: (_, ms) => void (waits[client] = ms),
      clearTimer: () => {},
    }).connect();
  }
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  while (sockets.length < clients) await turn();
  for (const socket of sockets) socket.onopen();
  for (const socket of sockets) socket.onclose({code: 1012, reason: "this node stops"});
  await turn();
  return waits;
}
"""


async def test_those_whom_a_drain_sends_away_come_back_over_ten_seconds(deciding: Page) -> None:
    waits = await deciding.evaluate(WAITS, CLIENTS)
    assert len(waits) == CLIENTS
    in_each_second = Counter(int(ms // 1_000) for ms in waits)
    # A tenth in each, give or take a twentieth of that; the very last second has those whom both waits took long.
    assert set(in_each_second) == set(range(11))
    assert max(in_each_second.values()) < CLIENTS * 0.13
