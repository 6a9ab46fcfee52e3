"""All modules of the pages in one file, made when the app is: a page asks for one file and not for more than a hundred.

Each stands in a block of its own, in the order in which a browser would run them, and is otherwise as it was written:

    let static_latch;
    {
      const { createSession } = latchstring_session;
      …
      static_latch = { session, socket };
    }

That takes what is said here of how modules are written, and refuses what it does not take: imports and exports begin
their line, what is imported is exported, nothing is exported that changes, nothing is awaited at the top, and no module
needs itself.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"([^"]+)";$', re.MULTILINE)
_HANDED_ON = re.compile(r'^export \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_AWAIT = re.compile(r"^await\b.*", re.MULTILINE)


class NotBundled(Exception):
    """A module is written in a way that is not taken."""


@dataclass(frozen=True, slots=True)
class Module:
    """`address` is where it is served; `imports` are names of others, by their addresses; `exports` are names, and what
    they are within the block."""

    address: str
    body: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    exports: Mapping[str, str]

    @classmethod
    def read(cls, address: str, text: str) -> "Module":
        """Raises NotBundled."""
        imports: list[tuple[str, tuple[str, ...]]] = []
        exports: dict[str, str] = {}

        def take(found: re.Match[str]) -> str:
            needed, names = _resolve(address, found[2]), _names(found[1] or "")
            imports.append((needed, tuple(name.split(" as ")[0] for name in names)))
            taken = ", ".join(name.replace(" as ", ": ") for name in names)
            return f"const {{ {taken} }} = {_identifier(needed)};" if names else ""

        def hand_on(found: re.Match[str]) -> str:
            needed, names = _resolve(address, found[2]), _names(found[1])
            imports.append((needed, names))
            exports.update({name: f"{_identifier(needed)}.{name}" for name in names})
            return ""

        def give(found: re.Match[str]) -> str:
            exports[found[1]] = found[1]
            return ""

        body = _EXPORT.sub(give, _HANDED_ON.sub(hand_on, _IMPORT.sub(take, text)))
        if left := _LEFT.search(body):
            raise NotBundled(f"{address}: {left[0]}")
        return cls(address, body, tuple(imports), exports)

    @property
    def identifier(self) -> str:
        return _identifier(self.address)

    def block(self) -> str:
        """Its exports are members of an object, as they are when it has run. Raises NotBundled."""
        if waits := _AWAIT.search(self.body):
            raise NotBundled(f"{self.address} holds up all others: {waits[0]}")
        members = ", ".join(name if what == name else f"{name}: {what}" for name, what in self.exports.items())
        return f"// {self.address}\nlet {self.identifier};\n{{\n{self.body}{self.identifier} = {{ {members} }};\n}}\n"

    def from_bundle(self, bundle: str) -> str:
        """What is served in its place, where others' imports come from: what it exports is what the page has."""
        exports = f"export const {{ {', '.join(self.exports)} }} = {self.identifier};\n" if self.exports else ""
        return f'import {{ {self.identifier} }} from "{bundle}";\n{exports}'

    def beside_bundle(self, bundle: str) -> str:
        """The one that is in no bundle, because it begins when all others are there."""
        needed = sorted({_identifier(address) for address, names in self.imports if names})
        return f'import {{ {", ".join(needed)} }} from "{bundle}";\n{self.body}'


def read_modules(texts: Mapping[str, str]) -> dict[str, Module]:
    """In the order in which they run. Raises NotBundled."""
    read = {address: Module.read(address, text) for address, text in texts.items()}
    ordered: dict[str, Module] = {}
    for address in read:
        for module in _with_what_it_needs(address, read, ordered, ()):
            ordered[module.address] = module
    return ordered


def bundle(modules: Mapping[str, Module]) -> str:
    """`modules` as `read_modules` orders them."""
    exports = ", ".join(module.identifier for module in modules.values())
    return "".join(module.block() for module in modules.values()) + f"export {{ {exports} }};\n"


def _with_what_it_needs(
    address: str, read: Mapping[str, Module], done: Mapping[str, Module], path: tuple[str, ...]
) -> Iterator[Module]:
    if address in done:
        return
    if address in path:
        raise NotBundled(f"{address} needs itself, by {', '.join(path)}")
    module = read[address]
    for needed, names in module.imports:
        if needed not in read:
            raise NotBundled(f"{address}: there is no {needed}")
        if missing := set(names) - set(read[needed].exports):
            raise NotBundled(f"{address}: {needed} exports no {', '.join(sorted(missing))}")
        yield from _with_what_it_needs(needed, read, done, (*path, address))
    yield module


def _names(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in listed.split(",") if name.strip())


def _resolve(address: str, named: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(address), named))


def _identifier(address: str) -> str:
    return re.sub(r"\W", "_", address.removeprefix("/").removesuffix(".js"))
