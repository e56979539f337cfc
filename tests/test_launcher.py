"""carteira.py makes, heals and hands over to `.venv`. No download: the copied tree's lock is empty."""

import ast
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

import carteira

ROOT = Path(__file__).resolve().parents[1]
SOURCE = (ROOT / "carteira.py").read_text(encoding="utf-8")
WINDOWS = os.name == "nt"

# What the copied tree hands over to: a library and a pytest that tell how they were called.
ECHO = """\
import json, os, sys
seen = {"arguments": sys.argv[1:], "folder": os.getcwd(), "prefix": sys.prefix, "path": sys.path, "utf8": sys.flags.utf8_mode,
        "no_user_site": sys.flags.no_user_site, "threads": os.environ.get("OMP_NUM_THREADS")}
print(json.dumps(seen))
sys.exit(7 if "fail" in sys.argv else 0)
"""


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Which Python


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 1), (3, 14, 0)], ids=str)
def test_a_supported_python_needs_no_sentence(version):
    assert carteira.unsupported(version, "linux-x86_64") == ""


@pytest.mark.parametrize(
    ("version", "platform"),
    [
        ((2, 7, 18), "linux-x86_64"),
        ((3, 6, 15), "linux-x86_64"),
        ((3, 10, 13), "macosx-14-arm64"),
        ((3, 15, 0), "linux-x86_64"),
        ((3, 12, 0), "win32"),
        ((3, 12, 0), "win-arm64"),
    ],
    ids=str,
)
def test_another_python_is_told_which_ones_work_in_both_languages(version, platform):
    portuguese, english = carteira.unsupported(version, platform).split("\n")
    found = f"{version[0]}.{version[1]} ({platform})"
    assert portuguese.startswith("A Carteira precisa do Python 3.11 a 3.14")
    assert english.startswith("Carteira needs Python 3.11 to 3.14")
    assert f"este é o {found}" in portuguese
    assert f"this is {found}" in english


def test_an_old_python_can_read_the_file_and_needs_nothing_installed():
    tree = ast.parse(SOURCE, feature_version=(3, 6))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree)), "3.6 has no annotations to import"
    assert modules <= sys.stdlib_module_names


@pytest.mark.parametrize("version", [(3, 8, 0), (3, 15, 0)], ids=str)
def test_an_unsupported_python_stops_before_anything_is_made(version, tmp_path):
    shutil.copy(ROOT / "carteira.py", tmp_path)
    pretend = f"import runpy, sys; sys.argv[:] = ['x', 'test']; sys.version_info = {version}; runpy.run_path('carteira.py', run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", pretend], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert ended.returncode == 2
    assert "Carteira needs Python 3.11 to 3.14" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["carteira.py"]


# What the processes inherit


def test_children_are_those_of_the_activated_environment_and_of_nothing_else():
    person = {
        "PYTHONPATH": "/a",
        "PYTHONHOME": "/b",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_TARGET": "/c",
        "PATH": "/bin",
    }
    before = dict(person, HTTPS_PROXY="http://proxy", PIP_USER="1")
    child = carteira.child_environment(before, "/kit/.venv")
    scripts = os.path.dirname(carteira.venv_python("/kit/.venv"))
    assert child == {
        "PATH": scripts + os.pathsep + "/bin",
        "HTTPS_PROXY": "http://proxy",
        "PIP_USER": "0",
        "PYTHONUTF8": "1",
        "PYTHONNOUSERSITE": "1",
        "VIRTUAL_ENV": "/kit/.venv",
    }
    assert before["PYTHONPATH"] == "/a"


# Is the environment sound


@pytest.fixture
def sound(tmp_path):
    """A kit whose environment holds one library, pandas, and is complete."""
    root, environment = tmp_path / "kit", tmp_path / "kit" / ".venv"
    root.mkdir()
    (root / "requirements.lock").write_text("pandas==3.1.1\n")
    venv.EnvBuilder(symlinks=not WINDOWS).create(environment)
    site = Path(
        carteira.sysconfig.get_path("purelib", "venv", {"base": str(environment), "platbase": str(environment)})
    )
    (site / "pandas").mkdir()
    (site / "carteira.pth").touch()
    carteira.write_stamp(str(root), str(environment), str(site), {"pandas", "carteira.pth"})
    return root


def found_by(root):
    return carteira.problem(str(root), str(root / ".venv"))


def site_of(root):
    return root / ".venv" / json.loads((root / ".venv" / carteira.STAMP).read_text(encoding="utf-8"))["site"]


def stamp_python(root, version):
    stamp = root / ".venv" / carteira.STAMP
    stamp.write_text(json.dumps(json.loads(stamp.read_text(encoding="utf-8")) | {"python": version}), encoding="utf-8")


BREAKS = {
    "no environment": (lambda root: shutil.rmtree(root / ".venv"), "a instalação anterior não terminou"),
    "no stamp": (lambda root: (root / ".venv" / carteira.STAMP).unlink(), "a instalação anterior não terminou"),
    "empty stamp": (lambda root: (root / ".venv" / carteira.STAMP).write_text(""), "a instalação anterior não terminou"),
    "half a stamp": (lambda root: (root / ".venv" / carteira.STAMP).write_text('{"lock": "x"}'), "não terminou"),
    "a stamp of another kind": (lambda root: (root / ".venv" / carteira.STAMP).write_text("3"), "não terminou"),
    "other requirements": (lambda root: (root / "requirements.lock").write_text("pandas==3.1.2\n"), "versões das bibliotecas"),
    "deleted library": (lambda root: (site_of(root) / "pandas").rmdir(), "falta pandas na pasta .venv"),
    "deleted site-packages": (lambda root: shutil.rmtree(site_of(root)), "falta carteira.pth na pasta .venv"),
    "deleted python": (lambda root: Path(carteira.venv_python(str(root / ".venv"))).unlink(), "o Python com que"),
    "upgraded python": (lambda root: stamp_python(root, "3.10"), "o Python com que"),
}  # fmt: skip


def test_a_complete_environment_is_sound(sound):
    assert found_by(sound) == ""


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_environment_is_found(name, sound):
    breaks, sentence = BREAKS[name]
    breaks(sound)
    assert sentence in found_by(sound)


def test_a_python_that_does_not_start_is_found(sound):
    python = Path(carteira.venv_python(str(sound / ".venv")))
    python.unlink()
    python.write_text("no program\n")
    python.chmod(0o755)
    assert "o Python com que" in found_by(sound)


def test_a_moved_kit_is_found_and_another_path_to_the_same_one_is_not(sound, tmp_path):
    moved = tmp_path / "moved"
    sound.rename(moved)
    assert found_by(moved) == "a pasta da Carteira mudou de lugar"
    if not WINDOWS:
        sound.symlink_to(moved)
        assert found_by(sound) == found_by(moved) == ""


def test_a_copied_kit_is_not_taken_for_the_first(sound, tmp_path):
    copied = shutil.copytree(sound, tmp_path / "copied", symlinks=True)
    assert found_by(copied) == "a pasta da Carteira mudou de lugar"


def test_what_a_person_adds_to_the_environment_does_not_break_it(sound):
    (site_of(sound) / "openpyxl").mkdir()
    assert found_by(sound) == ""


# What pip's log says


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ("WARNING: Retrying (Retry(total=2)) after connection broken by 'NewConnectionError'", "não há acesso à internet"),
        ("ReadTimeoutError: HTTPSConnectionPool(host='x', port=443): Read timed out.", "não há acesso à internet"),
        ("WARNING: Retrying\nERROR: Could not install: [Errno 28] No space left on device", "o disco está cheio"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "não é o esperado"),
        ("HINT: This error might have occurred since this system does not have Windows Long Path support", "longo demais"),
        ("ERROR: [WinError 5] Access is denied", "outro programa está usando"),
        ("ERROR: No matching distribution found for pandas==3.1.1", "o pip não conseguiu instalar"),
    ],
)  # fmt: skip
def test_a_failed_installation_is_explained(log, sentence):
    assert sentence in carteira.cause(log)


# One launch at a time


def test_the_lock_is_free_again_when_its_holder_ends(tmp_path):
    path = tmp_path / "lock"
    with carteira.exclusive(str(path)), open(path, "ab") as other:
        assert not carteira.try_lock(other.fileno())
    with open(path, "ab") as other:
        assert carteira.try_lock(other.fileno())


@pytest.mark.skipif(WINDOWS, reason="there an orphan's open files stop the next launch instead")
def test_a_step_that_outlives_its_launch_keeps_the_lock_until_it_ends(sound):
    running, end, lock = sound / "running", sound / "end", str(sound / ".venv.lock")
    (site_of(sound) / "slow.py").write_text(
        "import pathlib, sys, time\nrunning, end = map(pathlib.Path, sys.argv[1:])\nrunning.touch()\n"
        "while not end.exists(): time.sleep(0.01)\n"
    )
    step = (
        f"import carteira as c\nwith c.exclusive({lock!r}) as lock:\n"
        f"    c.Installer({str(sound)!r}, {str(sound / '.venv')!r}, lock).run('slow', {str(running)!r}, {str(end)!r})"
    )
    launch = subprocess.Popen([sys.executable, "-c", step], cwd=ROOT)
    wait_for(running.exists)
    launch.kill()
    launch.wait()
    with open(lock, "ab") as next_launch:
        try:
            assert not carteira.try_lock(next_launch.fileno())
        finally:
            end.touch()
        wait_for(lambda: carteira.try_lock(next_launch.fileno()))


def test_an_environment_that_cannot_be_made_leaves_the_earlier_one(sound, monkeypatch):
    monkeypatch.setattr(carteira.Installer, "fill", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        carteira.rebuild(str(sound), str(sound / ".venv"), 0)
    assert found_by(sound) == ""
    assert not (sound / ".venv.old").exists()


def test_half_an_environment_is_cleared_away_before_the_next_one(sound, monkeypatch):
    environment = sound / ".venv"
    environment.rename(sound / ".venv.old")
    environment.mkdir()
    (environment / "half").touch()
    monkeypatch.setattr(carteira.Installer, "fill", lambda self: environment.mkdir())
    carteira.rebuild(str(sound), str(environment), 0)
    assert list(environment.iterdir()) == []
    assert not (sound / ".venv.old").exists()


def test_what_another_launch_made_meanwhile_is_not_made_again(sound, monkeypatch):
    stamp, away = sound / ".venv" / carteira.STAMP, sound / "away"
    stamp.rename(away)

    @contextlib.contextmanager
    def wait_for_the_other(path):
        away.rename(stamp)
        yield 0

    monkeypatch.setattr(carteira, "exclusive", wait_for_the_other)
    monkeypatch.setattr(carteira, "rebuild", lambda *arguments: pytest.fail("made again"))
    carteira.prepare(str(sound), str(sound / ".venv"))


# The real thing, in a folder whose name has a space and an accent


class Kit:
    """A copied tree with an empty lock; `launch` runs its carteira.py as a person would."""

    def __init__(self, root: Path):
        self.root = root
        (root / "carteira_lib").mkdir(parents=True)
        (root / "carteira_lib" / "__init__.py").write_text('__version__ = "9.9.9"\n')
        (root / "carteira_lib" / "__main__.py").write_text(ECHO)
        (root / "pytest.py").write_text(ECHO)
        (root / "requirements.lock").touch()
        shutil.copy(ROOT / "carteira.py", root)

    def start(self, *arguments, cwd=None, **variables):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        environment |= {
            "PYTHONPATH": "/not/ours",
            "PIP_CONFIG_FILE": os.devnull,
            "PYTHONIOENCODING": "utf-8",
        } | variables
        command = [sys.executable, str(self.root / "carteira.py"), *arguments]
        pipe = subprocess.PIPE
        # A session of its own, so that it can be ended with all that it started, and nothing else.
        return subprocess.Popen(
            command,
            cwd=cwd or self.root.parent,
            env=environment,
            stdout=pipe,
            stderr=pipe,
            encoding="utf-8",
            start_new_session=True,
            # Started in the background, the tests inherit an ignored Ctrl-C; a person's terminal never does.
            preexec_fn=None if WINDOWS else lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def launch(self, *arguments, **options):
        return self.end(self.start(*arguments, **options))

    def end(self, process):
        out, err = process.communicate(timeout=100)
        return process.returncode, out, err

    def kill(self, process):
        """End it and what it started, as a closed window or a power cut does."""
        if WINDOWS:
            subprocess.run(["taskkill", "/f", "/t", "/pid", str(process.pid)], capture_output=True)
        else:
            os.killpg(process.pid, signal.SIGKILL)

    @property
    def leftovers(self):
        return sorted(path.name for path in self.root.iterdir() if path.name in (".venv.old", carteira.LOG))


@pytest.fixture(scope="module")
def first_use(tmp_path_factory):
    """The kit after its first use: two launches at the same moment."""
    kit = Kit(tmp_path_factory.mktemp("home") / "Área de Trabalho")
    launched = [kit.start("run", "a b.yml"), kit.start("run", "c.yml")]
    return kit, [kit.end(process) for process in launched]


@pytest.fixture
def kit(first_use):
    return first_use[0]


def test_first_use_prepares_once_for_two_launches_and_hands_both_over(first_use):
    kit, ended = first_use
    stderr = "".join(err for _, _, err in ended)
    assert [code for code, _, _ in ended] == [0, 0]
    assert [json.loads(out)["arguments"] for _, out, _ in ended] == [["run", "a b.yml"], ["run", "c.yml"]]
    assert "Preparando o ambiente pela primeira vez (cerca de 1 minuto)..." in stderr
    assert stderr.count("Outra janela está preparando o ambiente; aguardando que termine...") == 1
    assert kit.leftovers == []


def test_the_command_runs_where_the_person_stands_and_sees_only_the_environment(kit, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the person shadows the library')")
    code, out, err = kit.launch("run", "x.yml", cwd=tmp_path)
    seen = json.loads(out)
    assert (code, err) == (0, "")
    assert Path(seen["folder"]) == tmp_path.resolve()
    assert Path(seen["prefix"]).samefile(kit.root / ".venv")
    assert seen["path"][-1] == str(kit.root)
    assert "/not/ours" not in seen["path"]
    assert (seen["utf8"], seen["no_user_site"]) == (1, 1)


def test_the_exit_code_is_that_of_the_command(kit):
    assert kit.launch("run", "fail")[0] == 7
    assert kit.launch("test", "fail")[0] == 7


def test_tests_run_in_the_root_with_their_arguments_and_one_thread(kit, tmp_path):
    seen = json.loads(kit.launch("test", "-k", "rfm and not slow", cwd=tmp_path)[1])
    assert Path(seen["folder"]).samefile(kit.root)
    assert (seen["arguments"], seen["threads"]) == (["--numprocesses=2", "-k", "rfm and not slow"], "1")
    assert json.loads(kit.launch("test", OMP_NUM_THREADS="3")[1])["threads"] == "3"


def test_later_uses_start_within_half_a_second(kit):
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        kit.launch("run")
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.5


def test_help_and_version_need_no_environment(tmp_path):
    kit = Kit(tmp_path / "kit")
    code, out, _ = kit.launch("--help")
    assert code == 0
    assert "python carteira.py run params/demo.yml" in out
    assert kit.launch() == (2, out, "")
    assert kit.launch("--version") == (0, "Carteira 9.9.9\n", "")
    assert not (kit.root / ".venv").exists()


def test_a_moved_kit_heals_even_when_its_preparation_is_killed(kit):
    kit.root = kit.root.rename(kit.root.with_name("outra pasta"))
    process = kit.start("run")
    wait_for(lambda: (kit.root / ".venv.old").exists() and (kit.root / carteira.LOG).exists())
    kit.kill(process)
    assert "Refazendo o ambiente, pois a pasta da Carteira mudou de lugar (cerca de 1 minuto)..." in kit.end(process)[2]
    assert found_by(kit.root) == "a instalação anterior não terminou"
    code, out, err = kit.launch("run")
    assert (code, found_by(kit.root), kit.leftovers) == (0, "", [])
    assert "Refazendo o ambiente, pois a instalação anterior não terminou (cerca de 1 minuto)..." in err
    assert json.loads(out)["path"][-1] == str(kit.root)


def test_without_network_there_is_one_sentence_and_the_earlier_environment_stays(kit):
    lock = kit.root / "requirements.lock"
    earlier = lock.read_text()
    shutil.copy(ROOT / "requirements.lock", lock)
    code, out, err = kit.launch("run", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="1", PIP_NO_CACHE_DIR="1")
    progress, sentence = err.splitlines()
    log = kit.root / carteira.LOG
    assert (code, out) == (2, "")
    assert progress == "Refazendo o ambiente, pois as versões das bibliotecas mudaram (cerca de 1 minuto)..."
    assert sentence == (
        "Não foi possível preparar o ambiente: não há acesso à internet; conecte-se (ou informe ao pip o proxy da empresa) "
        f"e repita o comando. Detalhes em {log}"
    )
    assert "127.0.0.1" in log.read_text(encoding="utf-8")
    log.unlink()
    lock.write_text(earlier)
    assert kit.launch("run")[::2] == (0, "")


@pytest.mark.skipif(WINDOWS, reason="a console's Ctrl-C cannot be sent to one process there")
def test_ctrl_c_while_preparing_ends_in_one_sentence(kit):
    lock = kit.root / "requirements.lock"
    earlier = lock.read_text()
    lock.write_text("# another\n")
    process = kit.start("run")
    wait_for((kit.root / carteira.LOG).exists)
    process.send_signal(signal.SIGINT)
    code, _, err = kit.end(process)
    lock.write_text(earlier)
    assert code == 130
    assert err.splitlines()[1:] == ["Interrompido; o próximo comando recomeça a preparação do ambiente."]
    assert kit.launch("run")[::2] == (0, "")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    kit = Kit(tmp_path / "kit")
    (kit.root / ".venv.lock").mkdir()
    code, out, err = kit.launch("run")
    assert (code, out) == (2, "")
    assert err.splitlines()[1].startswith(f"Não foi possível preparar o ambiente em {kit.root / '.venv'}: ")
    assert "Traceback" not in err
