"""A conversation that tests begin with."""

from dataclasses import dataclass

from tests.talk.tab import OpenTab, Person, Site, Tab


@dataclass
class Meeting:
    """Ada and Grace, each in a tab of their own, in one conversation of two, with each other's keys."""

    site: Site
    open_tab: OpenTab
    id: str
    ada: Person
    grace: Person
    hers: Tab
    graces: Tab

    async def said(self, *texts: str) -> None:
        for text in texts:
            await self.hers.send(text)
        await self.hers.shows(*texts)
        await self.graces.shows(*texts)


async def meeting(site: Site, open_tab: OpenTab) -> Meeting:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers, graces = await open_tab(ada), await open_tab(grace)
    here = await hers.js("id => conversations.startPrivate(id)", grace.id)
    for tab in (hers, graces):
        await tab.enter(here)
    for tab in (hers, graces):
        await tab.until("room.withoutKeys.length === 0 && room.hasOwnKey")
    return Meeting(site, open_tab, here, ada, grace, hers, graces)
