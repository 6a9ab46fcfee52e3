"""An honest browser: one cookie jar, several tabs that renew each by its own timer, sleep, reloads and restarts.

The tabs do not talk to each other here: the library's lock between tabs is an optimisation, and nobody may be signed
out where there is none. A restart is an orderly one: the jar is on disk. (A browser that dies between using an auth
token and writing its cookies is signed out by any rotation; docs/threat-model.md says so.)
"""

from latchstring.issuing import TokenPair
from simulate.network import TIME_OUT, Network
from simulate.server import Server
from simulate.world import HOUR, MINUTE, SECOND, World


class Tab:
    """One page. `page` counts its loads, `timer` its plans: what was begun under an older number is dropped."""

    def __init__(self) -> None:
        self.page = 0
        self.timer = 0
        self.due = 0
        self.under_way = False
        self.failures = 0
        self.auth_token: str | None = None


class Browser:
    def __init__(self, world: World, network: Network, server: Server, first: TokenPair, tabs: int) -> None:
        self._world = world
        self._network = network
        self._server = server
        self._wanted_tabs = tabs
        self.session_id = first.session_id
        self.jar = first.refresh_token
        self.awake = True
        self.signed_out: str | None = None
        self.presented_at = world.now
        self.refreshes = 0
        self._tabs = [Tab() for _ in range(tabs)]
        for tab in self._tabs:
            tab.auth_token = first.auth_token
            self._plan(tab, self._renewal())
        self._use(self._tabs[0])
        world.after(world.between(20 * MINUTE, 3 * HOUR), self._sleep)
        world.after(world.between(10 * MINUTE, 2 * HOUR), self._reload)

    def _renewal(self) -> float:
        return self._world.between(25 * MINUTE, 28 * MINUTE)

    def _plan(self, tab: Tab, delay: float) -> None:
        tab.timer += 1
        tab.due = self._world.now + int(delay)
        plan = tab.timer
        self._world.after(delay, lambda: self._timer(tab, plan))

    def _timer(self, tab: Tab, plan: int) -> None:
        if self.awake and plan == tab.timer and self.signed_out is None:
            self._refresh(tab)

    def _refresh(self, tab: Tab) -> None:
        """One exchange: the jar's cookie travels, the server decides, the answer travels back."""
        if tab.under_way:
            return
        tab.under_way = True
        page, shown, sent_at = tab.page, self.jar, self._world.now

        def at_server() -> None:
            # A client that gives up resets its connection: what was still on its way does not arrive.
            if self._world.now - sent_at > TIME_OUT:
                return
            self.presented_at = self._world.now
            self.refreshes += 1
            answer = self._server.refresh(shown)
            self._network.travel(lambda: arrive(answer))

        def arrive(answer: TokenPair | str) -> None:
            gone = page != tab.page or not self.awake or self._world.now - sent_at > TIME_OUT
            if not gone and self.signed_out is None:
                tab.under_way = False
                self._receive(tab, answer)

        def give_up() -> None:
            if page == tab.page and tab.under_way and self.awake and self._world.now - sent_at >= TIME_OUT:
                tab.under_way = False
                tab.failures += 1
                self._plan(tab, self._world.between(0, min(5 * MINUTE, SECOND * 2**tab.failures)))

        self._network.travel(at_server)
        self._world.after(TIME_OUT + 1, give_up)

    def _receive(self, tab: Tab, answer: TokenPair | str) -> None:
        if isinstance(answer, TokenPair):
            self.jar = answer.refresh_token
            tab.auth_token = answer.auth_token
            tab.failures = 0
            self._plan(tab, self._renewal())
            self._world.after(self._world.between(5, 2 * SECOND), lambda: self._use(tab))
        elif answer == "retry":
            self._plan(tab, self._world.between(200, SECOND))
        else:
            self.signed_out = answer

    def _use(self, tab: Tab) -> None:
        """The socket's renewal, or the next call. An auth token that is refused is renewed at once."""
        token = tab.auth_token
        if not self.awake or token is None or self.signed_out is not None:
            return

        def at_server() -> None:
            if not self._server.use(token) and self.awake and tab.auth_token == token:
                self._refresh(tab)

        self._network.travel(at_server)

    def _sleep(self) -> None:
        """The lid closes: what is under way is lost, and timers stand still."""
        self.awake = False
        for tab in self._tabs:
            tab.page += 1
            tab.under_way = False
        night = self._world.happens(0.3)
        self._world.after(self._world.between(*((6 * HOUR, 11 * HOUR) if night else (MINUTE, 3 * HOUR))), self._wake)

    def _wake(self) -> None:
        self.awake = True
        if self._world.happens(0.15):
            self._restart()
        for tab in self._tabs:
            self._plan(tab, max(self._world.between(0, 2 * SECOND), tab.due - self._world.now))
        self._world.after(self._world.between(20 * MINUTE, 3 * HOUR), self._sleep)

    def _restart(self) -> None:
        """All tabs come back at once, each signing in silently with what the jar holds."""
        self._tabs = [Tab() for _ in range(self._wanted_tabs)]

    def _reload(self) -> None:
        """A reload in mid-flight: its answer is lost to the page, and the page asks again."""
        if self.awake and self.signed_out is None:
            tab = self._world.random.choice(self._tabs)
            tab.page += 1
            tab.under_way = False
            self._refresh(tab)
        self._world.after(self._world.between(10 * MINUTE, 3 * HOUR), self._reload)
