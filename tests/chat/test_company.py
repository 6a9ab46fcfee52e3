"""Who is here on any of several nodes. Words are lost, nodes die, are cut off and come back; when all is quiet, every
node knows the truth, and what it has told by then adds up to it."""

import itertools
from collections import deque
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chat.channels.company import SILENT_TICKS, Company, Step
from chat.channels.presence import Present, State
from chat.channels.words import Alive, Asking, Changed, Everybody, Goodbye, Word
from tests.chat.test_presence import by_ref, phoenix_adds

USERS = st.sampled_from(["anna", "berta", "clara"])
PLACES = st.integers(0, 2)


class Site:
    """One node, somebody who listens there, and what is on its way to it from each of the others."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.company = Company(name)
        self.is_whole = False
        self.heard: State = {}
        self.sockets: dict[str, Present] = {}
        self.incoming: dict[str, deque[Word]] = {}


class Nodes(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1)
        self.ever_seen: set[str] = set()
        self.ever_said: list[tuple[str, Word]] = []
        self.sites = [self.started() for _ in range(3)]

    # What happens

    @rule(place=PLACES, user=USERS, hidden=st.booleans())
    def come(self, place: int, user: str, hidden: bool) -> None:
        site = self.sites[place]
        if site.is_whole:
            number = next(self.numbers)
            present = Present(user, f"socket {number}", f"at {number}", f"{user} {number}", hidden)
            site.sockets[present.phx_ref] = present
            self.note_seen(site)
            self.act(site, site.company.come(present))

    @rule(place=PLACES, data=st.data())
    def go(self, place: int, data: st.DataObject) -> None:
        site = self.sites[place]
        if site.sockets:
            self.end(site, data.draw(st.sampled_from(sorted(site.sockets))))

    @rule(place=PLACES, user=USERS, hidden=st.booleans())
    def hide(self, place: int, user: str, hidden: bool) -> None:
        site = self.sites[place]
        for ref, present in site.sockets.items():
            if present.user_id == user:
                site.sockets[ref] = Present(user, ref, present.online_at, present.display_name, hidden)
        self.note_seen(site)
        self.act(site, site.company.hide(user, hidden))

    @rule(place=PLACES, user=USERS, name=st.text(min_size=1, max_size=3))
    def rename(self, place: int, user: str, name: str) -> None:
        site = self.sites[place]
        for ref, present in site.sockets.items():
            if present.user_id == user:
                site.sockets[ref] = Present(user, ref, present.online_at, name, present.hidden)
        self.act(site, site.company.rename(user, name))

    @rule(place=PLACES)
    def tick(self, place: int) -> None:
        site = self.sites[place]
        if site.is_whole:
            self.act(site, site.company.tick())

    @rule(to=PLACES, data=st.data())
    def hear(self, to: int, data: st.DataObject) -> None:
        """Of one node in the order in which it spoke; of two in any."""
        site = self.sites[to]
        speakers = [name for name, words in site.incoming.items() if words]
        if speakers:
            self.deliver(site, data.draw(st.sampled_from(speakers)))

    @rule(to=PLACES, data=st.data())
    def lose(self, to: int, data: st.DataObject) -> None:
        site = self.sites[to]
        speakers = [name for name, words in site.incoming.items() if words]
        if speakers:
            site.incoming[data.draw(st.sampled_from(speakers))].popleft()

    @rule(to=PLACES, data=st.data())
    def hear_again(self, to: int, data: st.DataObject) -> None:
        """What was on its way by a line that was given up may come in behind what was said by the next."""
        site = self.sites[to]
        if site.is_whole and self.ever_said:
            speaker, word = data.draw(st.sampled_from(self.ever_said))
            if speaker != site.name:
                self.act(site, site.company.hear(speaker, word))

    @rule(place=PLACES)
    def cut(self, place: int) -> None:
        """Every topic ends on it, after a while; what it says is not told, and it hears nothing."""
        site = self.sites[place]
        if site.is_whole:
            site.is_whole = False
            site.incoming.clear()
            site.company.lost()
            for ref in list(site.sockets):
                self.end(site, ref)

    @rule(place=PLACES)
    def mend(self, place: int) -> None:
        if not self.sites[place].is_whole:
            self.connect(self.sites[place])

    @rule(place=PLACES)
    def die(self, place: int) -> None:
        """kill -9, and another is started in its place. What it has said is heard yet."""
        self.sites[place] = self.started()

    @rule(place=PLACES)
    def stop(self, place: int) -> None:
        site = self.sites[place]
        self.act(site, site.company.leave())
        for ref in list(site.sockets):
            self.end(site, ref)
        self.act(site, site.company.tick())
        self.sites[place] = self.started()

    @precondition(lambda self: any(site.sockets for site in self.sites))
    @rule()
    def quiet(self) -> None:
        for site in self.sites:
            if not site.is_whole:
                self.connect(site)
        for _ in range(SILENT_TICKS + 2):
            for site in self.sites:
                self.act(site, site.company.tick())
            self.deliver_all()
        truth = {
            present.phx_ref: (present.user_id, present.meta())
            for site in self.sites
            for present in site.sockets.values()
            if not present.hidden
        }
        for site in self.sites:
            assert flat(site.company.state()) == truth
            assert set(flat(site.heard)) == set(truth)

    def teardown(self) -> None:
        self.quiet()

    # How it is done

    def started(self) -> Site:
        site = Site(f"node {next(self.numbers)}")
        self.connect(site)
        return site

    def connect(self, site: Site) -> None:
        site.is_whole = True
        step = site.company.found()
        site.heard = site.company.state()
        self.act(site, step)

    def end(self, site: Site, ref: str) -> None:
        present = site.sockets.pop(ref)
        self.act(site, site.company.go(present.user_id, ref))

    def note_seen(self, site: Site) -> None:
        self.ever_seen.update(ref for ref, present in site.sockets.items() if not present.hidden)

    def act(self, site: Site, step: Step) -> None:
        told: Any = step.told.payload()
        if site.is_whole:
            before = flat(site.heard)
            for user, entry in told["joins"].items():
                for meta in entry["metas"]:
                    assert before.get(meta["phx_ref"]) != (user, meta), "somebody comes who is there"
            assert set(flat(told["leaves"])) <= set(before), "somebody goes who is not there"
            site.heard = phoenix_adds(site.heard, step.told)
            self.ever_said += [(site.name, word) for word in step.said]
            for other in getattr(self, "sites", ()):
                if other is not site and other.is_whole:
                    other.incoming.setdefault(site.name, deque()).extend(step.said)

    def deliver(self, site: Site, speaker: str) -> None:
        self.act(site, site.company.hear(speaker, site.incoming[speaker].popleft()))

    def deliver_all(self) -> None:
        for _ in range(10_000):
            waiting = [(site, name) for site in self.sites for name, words in site.incoming.items() if words]
            if not waiting:
                return
            for site, name in waiting:
                self.deliver(site, name)
        raise AssertionError("they never stop talking")

    # What is always so

    @invariant()
    def whoever_listens_adds_up_what_is_there(self) -> None:
        for site in self.sites:
            if site.is_whole:
                assert set(flat(site.heard)) == set(flat(site.company.state()))

    @invariant()
    def nobody_is_seen_who_has_always_been_hidden(self) -> None:
        for site in self.sites:
            assert set(flat(site.company.state())) <= self.ever_seen

    @invariant()
    def a_node_that_is_cut_off_knows_of_nobody_else(self) -> None:
        for site in self.sites:
            if not site.is_whole:
                assert set(flat(site.company.state())) <= set(site.sockets)


def flat(state: State) -> dict[str, tuple[str, dict[str, str]]]:
    return {ref: (user, meta) for user, metas in by_ref(state).items() for ref, meta in metas.items()}


TestNodes = Nodes.TestCase
TestNodes.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def present(number: int, *, hidden: bool = False) -> Present:
    return Present("anna", f"socket {number}", f"at {number}", "Anna", hidden)


def test_a_node_that_has_missed_something_asks_once_in_a_tick_and_is_told_everything() -> None:
    here, there = Company("here"), Company("there")
    for number in (1, 2, 3):
        step = there.come(present(number))
    assert here.hear("there", step.said[0]).said == (Asking("there"),)
    assert here.hear("there", there.come(present(4)).said[0]).said == ()
    [everybody] = there.hear("here", Asking("there")).said
    assert len(here.hear("there", everybody).told.joins["anna"]["metas"]) == 4
    assert here.hear("there", Alive(4)) == Step()
    # Lost again, but for the sign of life: the next tick heals it.
    there.come(present(5))
    here.tick()
    assert here.hear("there", there.tick().said[0]).said == (Asking("there"),)


def test_a_node_answers_at_once_and_whoever_asks_then_with_the_next_tick() -> None:
    company = Company("here")
    assert company.hear("one", Asking(None)).said == (Everybody(0, ()),)
    assert company.hear("two", Asking("here")).said == ()
    assert company.hear("three", Asking("two")).said == ()
    assert company.tick().said == (Alive(0), Everybody(0, ()))
    # By that they all have it.
    assert company.hear("four", Asking("here")).said == ()
    assert company.tick().said == (Alive(0), Everybody(0, ()))
    assert company.tick().said == (Alive(0),)


def test_a_node_that_dies_is_forgotten_and_everybody_on_it_goes() -> None:
    here = Company("here")
    here.hear("there", Everybody(1, (present(1),)))
    gone = [here.tick().told.leaves for _ in range(SILENT_TICKS + 1)]
    assert gone == [{}] * SILENT_TICKS + [{"anna": {"metas": [present(1).meta()]}}]
    assert here.state() == {}


def test_a_node_that_says_anything_is_there() -> None:
    here = Company("here")
    here.hear("there", Everybody(1, (present(1),)))
    for _ in range(3 * SILENT_TICKS):
        assert not here.tick().told
        here.hear("there", Asking("somebody else"))


def test_what_comes_again_or_late_changes_nothing() -> None:
    here, there = Company("here"), Company("there")
    here.hear("there", there.found().said[0])
    steps = [there.come(present(1)), there.come(present(2)), there.go("anna", "socket 1"), there.go("anna", "socket 2")]
    words = [step.said[0] for step in steps]
    whole = [here.hear("there", word).told for word in words]
    assert all(whole)
    old = Everybody(2, (present(1), present(2)))
    assert [here.hear("there", word) for word in (*words, old)] == [Step()] * 5
    assert here.state() == {}


def test_a_node_that_stops_says_so_and_nothing_more_of_its_people_one_after_the_other() -> None:
    here, there = Company("here"), Company("there")
    here.hear("there", there.come(present(1)).said[0])
    here.hear("there", Everybody(1, (present(1),)))
    [goodbye] = there.leave().said
    assert goodbye == Goodbye()
    assert there.go("anna", "socket 1").said == there.tick().said == there.hear("here", Asking(None)).said == ()
    assert list(here.hear("there", goodbye).told.leaves) == ["anna"]
    assert here.hear("there", goodbye) == Step()


def test_a_hidden_socket_is_never_spoken_of() -> None:
    company = Company("here")
    assert company.come(present(1, hidden=True)) == Step()
    assert company.go("anna", "socket 1") == Step()
    company.come(present(2, hidden=True))
    assert company.rename("anna", "Änne") == Step()
    assert company.found().said == (Everybody(0, ()), Asking(None))
    shown = company.hide("anna", hidden=False)
    assert shown.said == (Changed(1, (Present("anna", "socket 2", "at 2", "Änne"),), ()),)
    assert company.hide("anna", hidden=True).said == (Changed(2, (), ("socket 2",)),)


def test_a_change_of_name_is_told_by_its_own_event_and_again_where_that_may_have_been_lost() -> None:
    here, there = Company("here"), Company("there")
    here.hear("there", Everybody(0, ()))
    here.hear("there", there.come(present(1)).said[0])
    [renamed] = there.rename("anna", "Änne").said
    assert here.hear("there", renamed) == Step()
    assert here.state()["anna"]["metas"][0]["display_name"] == "Änne"
    there.rename("anna", "Anne")
    [everybody] = there.hear("here", Asking(None)).said
    assert here.hear("there", everybody).told.joins["anna"]["metas"][0]["display_name"] == "Anne"
