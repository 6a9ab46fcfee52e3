"""Several nodes on one machine, behind one port: one process that starts them, and starts another where one dies."""

from chat.nodes.line import Line
from chat.nodes.several import check_several
from chat.nodes.supervisor import supervise

__all__ = ["Line", "check_several", "supervise"]
