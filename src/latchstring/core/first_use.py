"""The first use of an auth token on a node: proof of receipt, or of what became of its generation meanwhile."""

from enum import Enum

from latchstring.core.condemned import is_condemned
from latchstring.core.session import Session


class FirstUse(Enum):
    FINE = "fine"
    CONFIRM = "confirm"
    CONDEMNED = "condemned"
    IMPOSSIBLE = "impossible"


def decide_first_use(session: Session, generation: int) -> FirstUse:
    """What the first use of an auth token of generation g on a node means.

    | g                               | answer     |                                             |
    |---------------------------------|------------|---------------------------------------------|
    | head, pending                   | CONFIRM    | the answer arrived: base := head            |
    | head, pending and contested     | FINE       | it arrived, but an older cookie may be kept |
    | head, proved                    | FINE       |                                             |
    | given up by RECOVER             | CONDEMNED  | refused as superseded; never a revocation   |
    | any other below head            | FINE       | an older tab's token, until it expires      |
    | above head                      | IMPOSSIBLE | the database went back in time              |
    """
    if generation > session.head_gen:
        return FirstUse.IMPOSSIBLE
    if generation == session.head_gen:
        pending = session.base_gen < session.head_gen
        return FirstUse.CONFIRM if pending and not session.contested else FirstUse.FINE
    return FirstUse.CONDEMNED if is_condemned(session, generation) else FirstUse.FINE
