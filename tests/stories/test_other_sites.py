"""What pages of other origins can do to somebody who is signed in here: link to us, and nothing else."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from playwright.async_api import Page, Response
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.stories.conftest import NewPage
from tests.stories.other_site import OtherSite, open_other_site
from tests.stories.people import Person, is_live, is_signed_in, new_page, register, witnessed
from tests.stories.servers import House

pytestmark = pytest.mark.anyio

OTHERS = {"another site": "127.0.0.1", "another origin of the same site": "localhost"}
CALLS = ("/auth/signout", "/auth/refresh", "/auth/silent", "/auth/login")

# `text/plain` and no-cors: what a page may send anywhere without asking first.
FORM = """<form method="post" enctype="text/plain" action="%s">
  <input name='{"a":"' value='"}'><button>Go</button>
</form>"""
SCRIPT = "(url) => void fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}'})"
NEXTS = (
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(document.domain)",
    "/%2Fevil.example/",
    "/..//evil.example/",
    "/chat@evil.example",
    "http://localhost@evil.example/",
    "data:text/html,hello",
)


@pytest.fixture
async def other_site(anyio_backend: str) -> AsyncIterator[OtherSite]:
    async with open_other_site() as site:
        yield site


async def signed_in_page(house: House, open_page: NewPage, person: Person) -> Page:
    page = await open_page(house)
    await register(page, person)
    await is_live(page)
    return page


@pytest.mark.parametrize("host", OTHERS.values(), ids=OTHERS.keys())
async def test_a_post_from_another_origin_is_refused_before_any_cookie_is_read(
    any_house: House, open_page: NewPage, other_site: OtherSite, host: str
) -> None:
    ada = Person("Ada")
    page = await signed_in_page(any_house, open_page, ada)
    [before] = any_house.ledger.sessions(ada.email)
    foreign = await new_page(page.context)
    for call in CALLS:
        target = any_house.url + call
        other_site.pages["/trap"] = FORM % target
        await foreign.goto(other_site.url("/trap", host))
        async with foreign.expect_response(target) as by_form:
            await foreign.get_by_role("button").click()
        assert await refused(await by_form.value), call
        await foreign.goto(other_site.url("/trap", host))
        async with foreign.expect_response(target) as by_script:
            await foreign.evaluate(
                "(url) => void fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}'})",
                target,
            )
        response = await by_script.value
        assert response.status == 403
        assert "set-cookie" not in await response.all_headers()
    assert any_house.ledger.sessions(ada.email) == [before]
    assert await any_house.ledger.cookie_is_good(page.context)
    await is_live(page)


async def refused(response: Response) -> bool:
    code = (await response.json())["error"]["code"]
    return (response.status, code, "set-cookie" in await response.all_headers()) == (403, "cross_origin", False)


async def test_a_page_of_another_origin_opens_no_socket_even_with_a_live_token(
    any_house: House, open_page: NewPage, other_site: OtherSite
) -> None:
    page = await signed_in_page(any_house, open_page, Person("Ada"))
    token = await page.evaluate("import('/static/latch.js').then(({ session }) => session.token())")
    address = f"{any_house.socket}?vsn=2.0.0&token={quote(token)}"
    foreign = await new_page(page.context)
    for host in OTHERS.values():
        await foreign.goto(other_site.url("/", host))
        opened = await foreign.evaluate(
            """(url) => new Promise((tell) => {
              const socket = new WebSocket(url);
              socket.onopen = () => tell("opened");
              socket.onclose = ({ code }) => tell(code);
            })""",
            address,
        )
        assert opened == 1006
        with pytest.raises(InvalidStatus) as trouble:
            await connect(address, origin=other_site.url("", host), proxy=None)  # type: ignore[arg-type]
        assert trouble.value.response.status_code == 403
    async with connect(address, origin=any_house.url, proxy=None):  # type: ignore[arg-type]
        pass


async def test_a_link_from_another_site_never_shows_signed_out_and_ends_signed_in(
    any_house: House, open_page: NewPage, other_site: OtherSite
) -> None:
    page = await signed_in_page(any_house, open_page, Person("Ada"))
    await page.close()
    visitor = await new_page(page.context)
    other_site.pages["/post"] = f'<a href="{any_house.url}/account">Your account</a>'
    await visitor.goto(other_site.url("/post"))
    async with visitor.expect_request(f"{any_house.url}/account") as arriving:
        await visitor.get_by_role("link").click()
    assert "cookie" not in await (await arriving.value).all_headers()
    await is_live(visitor)
    assert visitor.url == f"{any_house.url}/account"
    assert await witnessed(visitor, "states") == ["unknown", "signed_in"]
    assert await witnessed(visitor, "words") == []


async def test_no_next_leads_elsewhere(house: House, open_page: NewPage) -> None:
    page = await signed_in_page(house, open_page, Person("Ada"))
    left: list[str] = []
    page.on(
        "request",
        lambda request: left.append(request.url) if not request.url.startswith((house.url, house.socket)) else None,
    )
    for evil in NEXTS:
        await page.goto(f"/login?next={quote(evil, safe='')}")
        await page.wait_for_url(lambda url: "/login" not in url)
        assert page.url.startswith(f"{house.url}/"), evil
        await is_signed_in(page)
    await page.goto(f"/login?next={quote('/account')}")
    await page.wait_for_url("**/account")
    assert [url for url in left if not url.startswith(house.url)] == []
