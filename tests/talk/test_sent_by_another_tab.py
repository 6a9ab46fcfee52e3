"""What one tab sends for all of them stays in view in the others, once, until they have read it as stored."""

import pytest

from tests.talk.conversation import Meeting
from tests.talk.tab import OpenTab, Tab

pytestmark = pytest.mark.anyio

WATCH = """text => {
    window.lapses = [];
    room.addEventListener("change", () => {
        const seen = room.entries.filter((entry) => entry.text === text).length;
        if (seen !== 1) lapses.push(seen);
    });
}"""
"""Notes each time that a text is not there, or there twice."""

LATE_WORD = """
window.late = [];
addEventListener("storage", (event) => {
    const isOver = event.newValue === null || event.newValue.includes('"isSent":true');
    if (!window.late || !event.key.includes(".outbox.") || !isOver) return;
    event.stopImmediatePropagation();
    const { key, oldValue, newValue } = event;
    late.push(new StorageEvent("storage", { key, oldValue, newValue }));
});
window.hearAll = () => {
    const heard = late;
    window.late = null;
    for (const event of heard) dispatchEvent(event);
};
"""
"""That a text was sent is heard only once `hearAll()` was called."""

LATE_TURN = """() => {
    const real = navigator.locks.request.bind(navigator.locks);
    const gate = new Promise((resolve) => (window.openTurn = resolve));
    window.waits = 0;
    navigator.locks.request = async (...given) => {
        waits += 1;
        await gate;
        return real(...given);
    };
}"""
"""Whoever waits for a turn gets it only once `openTurn()` was called."""

DEAF = """() => {
    const real = conversations.dispatchEvent.bind(conversations);
    const missed = [];
    conversations.dispatchEvent = (event) => (event.type === "new_message" ? missed.push(event) : real(event));
    window.missed = missed;
    window.hearMessages = () => void missed.splice(0).forEach(real);
}"""
"""Messages that came are heard only once `hearMessages()` was called."""

STORED = "room.entries.length === 1 && room.entries[0].group !== null"


async def away_with_one_written(met: Meeting, open_tab: OpenTab, text: str) -> Tab:
    beside = await open_tab(met.ada, beside=met.hers)
    await beside.enter(met.id)
    for tab in (met.hers, beside):
        await tab.js("() => socket.disconnect()")
    await met.hers.send(text)
    for tab in (met.hers, beside):
        await tab.shows(f"{text} (waiting)")
        await tab.js(WATCH, text)
    return beside


@pytest.mark.parametrize("lost_answers", [0, 1])
async def test_a_text_that_another_tab_has_sent_stays_in_view_as_sent_until_this_one_is_back(
    met: Meeting, open_tab: OpenTab, lost_answers: int
) -> None:
    beside = await away_with_one_written(met, open_tab, "written here")
    met.site.line.losing["send_message"] = lost_answers
    await beside.js("() => socket.connect()")
    await beside.until(STORED)
    await met.hers.until("Object.keys(localStorage).every((key) => !key.includes('outbox'))")
    await met.hers.shows("written here")
    assert await met.hers.js("[socket.state, room.entries[0].group]") == ["stopped", None]
    await met.hers.js("() => socket.connect()")
    for tab in (met.hers, beside, met.graces):
        await tab.until(STORED)
    assert [await tab.js("lapses") for tab in (met.hers, beside)] == [[], []]


async def test_a_text_that_another_tab_has_thrown_away_is_gone_from_this_one_too(
    met: Meeting, open_tab: OpenTab
) -> None:
    beside = await away_with_one_written(met, open_tab, "better not")
    await beside.js("room.discard(room.entries[0].key)")
    await met.hers.shows()


async def test_a_text_that_another_tab_sends_while_this_one_waits_for_its_turn_stays_in_view(
    met: Meeting, open_tab: OpenTab
) -> None:
    await met.hers.page.context.add_init_script(LATE_WORD)
    beside = await away_with_one_written(met, open_tab, "whose turn")
    await beside.js(LATE_TURN)
    await beside.js(DEAF)
    await beside.js("() => socket.connect()")
    await beside.until("waits === 1")
    await met.hers.js("() => socket.connect()")
    await met.hers.until(STORED)
    await beside.until("late.some(({newValue}) => newValue === null) && missed.length === 1")
    await beside.js("openTurn()")
    await beside.shows("whose turn (sending)")
    await beside.js("() => navigator.locks.query()")  # the turn was asked for before this, and has come
    await beside.js("hearAll()")
    await beside.shows("whose turn")
    assert await beside.js("room.entries[0].group") is None
    await beside.js("hearMessages()")
    await beside.until(STORED)
    assert [await tab.js("lapses") for tab in (met.hers, beside)] == [[], []]
    await met.graces.shows("whose turn")
