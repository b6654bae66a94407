"""What holds for every module of bot/ and cogs/: rooms and arrows, names, Protocols, docstrings.

Each test names every offender, so that one run says all that is left to do.
"""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "domain": {"errors"},
    "errors": {"domain"},  # what a refused job ran into is said in the domain's own terms
    "system": {"errors"},
    "requests": {"domain", "errors", "system", "cometapi"},
    "cometapi": {"domain", "errors", "system"},
    "policy": {"domain", "errors", "requests", "cometapi", "settings", "prices"},
    "texts": {"domain", "errors", "requests", "cometapi", "policy"},
    "storage": {"domain", "errors", "system", "requests", "policy", "settings"},
    "media": {"domain", "errors", "system", "requests"},
    "archive": {"errors", "system", "settings", ""},
    "settings": {"errors", "setting_checks", "setting_groups", "setting_sources"},
    "setting_groups": {"domain", "system", "archive", "prices", "setting_checks"},
    "setting_checks": {"domain", "system", "prices"},
    "prices": {"domain"},
    "setting_sources": {"errors"},
    "setting_display": {"settings"},
    "log": {"settings", "system"},
    "error_reports": {"settings", "system", "errors", "log", ""},
    "checkup": {
        *("domain", "errors", "system", "cometapi", "storage", "media", "archive", "engine"),
        *("settings", "prices", ""),
    },
    "engine": {
        *("domain", "errors", "system", "requests", "cometapi"),
        *("storage", "media", "archive", "settings", "prices"),
    },
}
"""What each room of bot/ may import of bot/ beside itself; "" is bot/__init__.py.

A room is a folder of bot/, or a module beside the folders.
"""
OPEN_EVERYTHING = {
    "__main__",
    "app",
    "cli",
    "start",
    "signs",
    "shards",
    "discord_trouble",
    "extensions",
    "registration",
    "option_checks",
    "monitoring",
    "discord_checkup",
    "interaction_log",
    "",
}
"""They put the rooms together, and may import what they like."""

MAX_LINES = 400
MIN_WORDS = 2
"""So many words a docstring has at least that neither its name nor any sentence has anyway."""
COMMON_WORDS = set(
    re.findall(
        r"\w+",
        """a an and are as at be by do does for from get gets give gives has have here how i if in
        into is it its let lets make makes not of off on or out say says see so such tell tells
        that the their them then there these they this those to up was what when where whether
        which who with""",
    )
)


def modules(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def named(path):
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {module_of(path): path for path in modules("bot", "cogs")}


@cache
def imported(path):
    """Return the modules of bot/ and cogs/ that a module imports, for its types alone too."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in PATHS else node.module)
    return frozenset(found & PATHS.keys())


def room_of(module):
    return module.partition(".")[2].partition(".")[0]


def none_of(offenders):
    """Fail with every offender, each on a line of its own."""
    if offenders:
        pytest.fail("\n" + "\n".join(sorted(offenders)), pytrace=False)


def classes(*folders):
    for path in modules(*folders):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                yield path, node


# Rooms


def test_every_module_of_bot_is_in_a_room():
    strays = {
        named(path)
        for module, path in PATHS.items()
        if module.startswith("bot") and room_of(module) not in MAY_IMPORT.keys() | OPEN_EVERYTHING
    }
    none_of(strays)


def test_imports_follow_the_arrows_between_rooms():
    wrong = set()
    for module, path in PATHS.items():
        room = room_of(module)
        if not module.startswith("bot") or room in OPEN_EVERYTHING or room not in MAY_IMPORT:
            continue
        wrong |= {
            f"{named(path)} ({room}) imports {other}"
            for other in imported(path)
            if other.startswith("cogs") or room_of(other) not in MAY_IMPORT[room] | {room}
        }
    none_of(wrong)


def test_the_domain_needs_nothing_but_the_standard_library():
    import sys

    wrong = set()
    for path in modules("bot/domain"):
        for node in ast.walk(tree_of(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            tops = {name.partition(".")[0] for name in names}
            wrong |= {f"{named(path)}: {top}" for top in tops - sys.stdlib_module_names - {"bot"}}
    none_of(wrong)


def circles():
    """Return each set of modules that import one another, directly or not (Tarjan's components)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(module):
        index[module] = low[module] = len(index)
        stack.append(module)
        on_stack.add(module)
        for other in imported(PATHS[module]):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in on_stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            component = set()
            while module not in component:
                component.add(stack.pop())
            on_stack.difference_update(component)
            if len(component) > 1 or module in imported(PATHS[module]):
                found.append(component)

    for module in PATHS:
        if module not in index:
            visit(module)
    return found


def test_no_module_imports_itself_through_others():
    wrong = {" <-> ".join(sorted(circle)) for circle in circles()}
    none_of(wrong)


def test_no_module_is_longer_than_a_reader_keeps_in_mind():
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PATHS.values()}
    none_of({f"{named(path)}: {count} lines" for path, count in lines.items() if count > MAX_LINES})


# Names


def test_no_two_classes_have_one_name():
    places = defaultdict(list)
    for path, node in classes("bot", "cogs"):
        places[node.name].append(f"{named(path)}:{node.lineno}")
    twice = {f"{name}: {', '.join(where)}" for name, where in places.items() if len(where) > 1}
    none_of(twice)


# Protocols


def is_ours(path):
    return named(path).startswith(("bot/", "cogs/"))


def bases(node):
    for base in node.bases:
        inner = base.value if isinstance(base, ast.Subscript) else base
        yield inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", "")


def own_members(node):
    """Yield each member of a class: a method as its name and its parameters', else the name."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = {getattr(mark, "id", "") for mark in item.decorator_list}
            given = [arg.arg for arg in [*item.args.args, *item.args.kwonlyargs]]
            yield item.name if "property" in marks else (item.name, *given)
            if item.name == "__init__":
                yield from attributes_set_in(item)
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id
        elif isinstance(item, ast.Assign):
            yield from (target.id for target in item.targets if isinstance(target, ast.Name))


def attributes_set_in(function):
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def lineage(node, by_name, seen=()):
    """Return a class and all that it inherits from, as far as it is ours."""
    yield node
    for base in bases(node):
        for parent in by_name.get(base, ()):
            if parent.name not in seen:
                yield from lineage(parent, by_name, (*seen, node.name))


def test_every_protocol_has_at_least_two_implementations():
    """A test double counts when its docstring or its bases name the Protocol that it stands for."""
    by_name = defaultdict(list)
    everywhere = list(classes("bot", "cogs", "sandbox", "bench", "tests"))
    for _, node in everywhere:
        by_name[node.name].append(node)
    known = [
        (path, node, family, {member for part in family for member in own_members(part)})
        for path, node in everywhere
        for family in [list(lineage(node, by_name))]
    ]
    lonely = set()
    for path, protocol, _, wanted in known:
        if not is_ours(path) or "Protocol" not in bases(protocol):
            continue
        if all(member[0] == "__call__" for member in wanted):
            continue  # the type of a function: any number of functions has it
        found = [
            f"{named(place)}: {node.name}"
            for place, node, family, members in known
            if wanted <= members
            and "Protocol" not in bases(node)
            and (
                not place.is_relative_to(ROOT / "tests")
                or protocol in family
                or re.search(rf"\b{protocol.name}\b", ast.get_docstring(node) or "")
            )
        ]
        if len(found) < 2:
            only = ", ".join(found) or "nothing"
            lonely.add(f"{named(path)}: {protocol.name} is implemented by {only}")
    none_of(lonely)


# Docstrings


def documented():
    """Yield place, name and node of each public module, class, function and method."""
    for path in PATHS.values():
        tree = tree_of(path)
        name = module_of(path).rpartition(".")[2]
        yield named(path), name, tree
        yield from documented_in(tree, named(path))


def documented_in(parent, place):
    for node in parent.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_") or is_said_elsewhere(node):
            continue
        yield f"{place}:{node.lineno}", node.name, node
        if isinstance(node, ast.ClassDef):
            yield from documented_in(node, place)


def is_said_elsewhere(node):
    """Tell whether the docstring stands on what this overrides, or on a property's getter."""
    marks = {getattr(mark, "attr", getattr(mark, "id", "")) for mark in node.decorator_list}
    return bool(marks & {"override", "overload", "setter"})


def words_of(text):
    return {word.lower() for word in re.findall(r"[A-Za-z]+", text)}


def says_more(name, docstring):
    own = words_of(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " "))
    new = words_of(docstring) - COMMON_WORDS
    for word in own:
        stem = word[: max(4, len(word) - 3)]
        new = {other for other in new if not other.startswith(stem)}
    return len(new) >= MIN_WORDS


def test_every_public_docstring_says_more_than_its_name():
    silent = set()
    for place, name, node in documented():
        docstring = ast.get_docstring(node) or ""
        if not says_more(name, docstring):
            silent.add(f"{place}: {name}: {docstring.splitlines()[:1]}")
    none_of(silent)


@pytest.mark.parametrize(
    ("name", "docstring"),
    [
        ("callback", "Hand it on."),
        ("read_rows", "Read the rows."),
        ("ReviewDesk", "The review's desk."),
        ("close", ""),
    ],
)
def test_a_docstring_that_repeats_the_name_is_seen(name, docstring):
    assert not says_more(name, docstring)
    assert says_more(name, docstring + " Raises StoreError when another process has it open.")
