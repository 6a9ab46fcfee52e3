"""One file of many modules: which text comes of which, and what is not taken."""

import pytest

from chat.pages.bundle import Module, NotBundled, bundle, read_modules
from chat.pages.files import module_texts, version

ADDRESS = "/static/talk/room.js"


def read(text: str) -> Module:
    return Module.read(ADDRESS, text)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ('import { a } from "./line.js";\n', "const { a } = static_talk_line;\n"),
        ('import { a as b, c } from "../me.js";\n', "const { a: b, c } = static_me;\n"),
        ('import {\n  a,\n  b,\n} from "/latchstring/end-of-it.js";\n', "const { a, b } = latchstring_end_of_it;\n"),
        ('import "./line.js";\n', "\n"),
        ("export async function a() {}\n", "async function a() {}\n"),
        ('export { a } from "./line.js";\n', "\n"),
        ('/** @type {import("./line.js").Line} */\nconst a = `\n  import it`;\n', None),
    ],
)
def test_a_module_stays_as_it_was_written_but_for_what_it_takes_and_gives(text: str, body: str | None) -> None:
    assert read(text).body == (text if body is None else body)


def test_what_a_module_gives_are_members_of_an_object_of_its_name() -> None:
    text = 'export { PushError } from "./push-error.js";\nexport const a = 1;\nexport class B {}\n'
    assert read(text).block().endswith("static_talk_room = { PushError: static_talk_push_error.PushError, a, B };\n}\n")


def test_modules_run_after_those_that_they_need() -> None:
    modules = read_modules(
        {
            "/static/a.js": 'import { b } from "./b.js";\n',
            "/static/b.js": 'import "/latchstring/c.js";\nexport const b = 1;\n',
            "/latchstring/c.js": "",
        }
    )
    assert list(modules) == ["/latchstring/c.js", "/static/b.js", "/static/a.js"]
    assert bundle(modules).endswith("export { latchstring_c, static_b, static_a };\n")


@pytest.mark.parametrize(
    ("texts", "trouble"),
    [
        ({"/a.js": 'import a from "/b.js";\n'}, "/a.js: import a"),
        ({"/a.js": "export default 1;\n"}, "/a.js: export default"),
        ({"/a.js": "export let a = 1;\n"}, "/a.js: export let"),
        ({"/a.js": 'export * from "/b.js";\n'}, r"/a.js: export \*"),
        ({"/a.js": 'import "/b.js";\n'}, "/a.js: there is no /b.js"),
        ({"/a.js": 'import { b } from "/b.js";\n', "/b.js": ""}, "/a.js: /b.js exports no b"),
        ({"/a.js": 'import "/b.js";\n', "/b.js": 'import "/a.js";\n'}, "/a.js needs itself, by /a.js, /b.js"),
        ({"/a.js": "await 1;\n"}, "/a.js holds up all others"),
    ],
)
def test_what_is_written_otherwise_is_refused_and_not_guessed_at(texts: dict[str, str], trouble: str) -> None:
    with pytest.raises(NotBundled, match=trouble):
        bundle(read_modules(texts))


def test_no_two_modules_have_one_name() -> None:
    modules = read_modules(module_texts())
    assert len({module.identifier for module in modules.values()}) == len(modules) > 100
    assert version() not in bundle(modules)
