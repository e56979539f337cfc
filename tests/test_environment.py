"""What is installed is said once: pyproject.toml, requirements.lock, environment.yml and CONTRIBUTING.md agree."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import carteira
import carteira_lib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [Requirement(line) for line in PROJECT["dependencies"]]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# One block per library: a line that starts it, hashes and comments that are set in.
BLOCKS = re.split(r"\n(?=\S)", LOCK.strip())
LOCKED = [Requirement(block.splitlines()[0].rstrip(" \\")) for block in BLOCKS]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
# conda-forge's name -> PyPI's, where they differ
PYPI_NAMES = {
    "ibis-duckdb": "ibis-framework[duckdb]",
    "ibis-sqlite": "ibis-framework[sqlite]",
    "matplotlib-base": "matplotlib",
    "nbconvert-core": "nbconvert",
}
PYTHONS = ["3.11.0", "3.11.7", "3.12.1", "3.13.0", "3.14.0"]
SYSTEMS = [("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows")]


def marker_environment(python: str, system: tuple[str, str, str]) -> dict[str, str]:
    platform, os_name, platform_system = system
    return {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": platform,
        "os_name": os_name,
        "platform_system": platform_system,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def applies(requirement: Requirement, environment: dict[str, str], extras: frozenset[str] = frozenset()) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate(environment | {"extra": extra}) for extra in {"", *extras})


def chosen(environment: dict[str, str]) -> dict[str, str]:
    """The version of each library that the lock installs there."""
    entries = [entry for entry in LOCKED if applies(entry, environment)]
    versions = {canonicalize_name(entry.name): str(entry.specifier).removeprefix("==") for entry in entries}
    assert len(versions) == len(entries), "a library is locked twice for one system"
    return versions


def test_every_locked_library_has_one_version_and_hashes():
    entry = r"[a-z0-9-]+==[0-9][\w.]*( ; [^;]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+(\n    #.*)*"
    assert [block.splitlines()[0] for block in BLOCKS if not re.fullmatch(entry, block)] == []
    assert len(BLOCKS) > len(DIRECT)


def test_the_lock_names_no_address_and_no_index():
    options = [line for line in LOCK.splitlines() if line.startswith("-")]
    assert "://" not in LOCK
    assert options == []


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system[2])
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_satisfies_every_range_on(python, system):
    versions = chosen(marker_environment(python, system))
    wrong = {
        str(requirement): versions.get(requirement.name)
        for requirement in DIRECT
        if not requirement.specifier.contains(versions.get(requirement.name, "0"))
    }
    assert wrong == {}


def test_the_lock_holds_all_that_its_libraries_ask_for():
    # pip installs it with --no-deps, so nobody else would notice a gap.
    environment = default_environment() | {"extra": ""}
    versions, gaps, done = chosen(environment), [], set()
    todo = [(requirement.name, frozenset(requirement.extras)) for requirement in DIRECT]
    while todo:
        name, extras = todo.pop()
        if (name, extras) in done or name not in versions:
            continue
        done.add((name, extras))
        for needed in map(Requirement, metadata.requires(name) or []):
            if applies(needed, environment, extras):
                needed_name = canonicalize_name(needed.name)
                if not needed.specifier.contains(versions.get(needed_name, "0"), prereleases=True):
                    gaps.append(f"{name} asks for {needed}, locked: {versions.get(needed_name)}")
                todo.append((needed_name, frozenset(needed.extras)))
    assert gaps == []
    assert len({name for name, _ in done}) > len(DIRECT)


def conda_ranges() -> dict[str, SpecifierSet]:
    pairs = [re.fullmatch(r"([a-z0-9-]+) (\S+)", line).groups() for line in CONDA["dependencies"]]
    return {name: SpecifierSet(text) for name, text in pairs}


def test_conda_users_get_the_ranges_of_pyproject():
    ranges = conda_ranges()
    python = ranges.pop("python")
    expected = {
        f"{requirement.name}[{extra}]" if extra else requirement.name: requirement.specifier
        for requirement in DIRECT
        for extra in requirement.extras or {""}
    }
    assert {PYPI_NAMES.get(name, name): specifier for name, specifier in ranges.items()} == expected
    assert python == SpecifierSet(PROJECT["requires-python"])


def test_conda_users_get_an_environment_of_that_name_from_conda_forge_alone():
    assert (CONDA["name"], CONDA["channels"]) == ("carteira", ["conda-forge", "nodefaults"])
    assert set(CONDA) == {"name", "channels", "dependencies"}


def test_the_launcher_takes_the_pythons_of_pyproject():
    oldest, newest = carteira.OLDEST, carteira.NEWEST
    ranges = SpecifierSet(PROJECT["requires-python"])
    assert ranges == SpecifierSet(f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}")
    assert {tuple(map(int, python.split(".")[:2])) for python in PYTHONS} >= {oldest, newest}


def test_the_version_is_the_same_everywhere():
    assert PROJECT["version"] == carteira_lib.__version__ == carteira.version(str(ROOT))


def test_contributing_gives_the_reason_for_each_dependency_in_sixty_lines():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w-]+(?:\[[\w,]+\])?)`", text)
    expected = [f"{r.name}[{','.join(sorted(r.extras))}]" if r.extras else r.name for r in DIRECT]
    assert [name for name in expected if name not in named] == []
    assert len(text.splitlines()) <= 60
