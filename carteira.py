"""Start Carteira: make the environment on first use, then hand the command over to it.

Standard library only. The file must parse on Python 3.6, so that an old Python
gets a sentence instead of a SyntaxError: tests/test_launcher.py keeps it so.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
OLDEST, NEWEST = (3, 11), (3, 14)
STAMP = "carteira.json"
LOG = "instalacao.log"
HELP = """\
Carteira: entenda e trabalhe a carteira de clientes da sua empresa.

  python carteira.py run params/demo.yml        gera o relatório (um ou mais arquivos de parâmetros)
      --only 04_churn                           só este caderno e aqueles que ele lê
      --output PASTA                            grava em PASTA em vez de output/
  python carteira.py test [opções do pytest]    roda os testes
  python carteira.py lab                        abre os cadernos no JupyterLab
  python carteira.py --version                  mostra a versão
  python carteira.py COMANDO --help             mostra as opções de um comando

No primeiro uso o ambiente é preparado na pasta .venv (cerca de 1 minuto, com internet)."""

# What pip's log says -> what the person is told. The first that is found wins:
# a retried download may stand in the log of an installation that failed for another reason.
CAUSES = (
    (r"No space left|Errno 28|WinError 112", "o disco está cheio; libere cerca de 2 GB e repita o comando"),
    (
        r"DO NOT MATCH THE HASHES",
        "um arquivo baixado não é o esperado; repita o comando e, se persistir, avise o suporte",
    ),
    (r"Long Path", "o caminho desta pasta é longo demais para o Windows; mova-a para perto da raiz, como C:\\carteira"),
    (r"Errno 13|WinError (5|32)\b", "outro programa está usando a pasta .venv; feche-o e repita o comando"),
    (
        r"Retrying|ConnectionPool|Connection|[Tt]imed? ?out|ProxyError|SSLError|name resolution|getaddrinfo",
        "não há acesso à internet; conecte-se (ou informe ao pip o proxy da empresa) e repita o comando",
    ),
    (r"", "o pip não conseguiu instalar as bibliotecas; repita o comando e, se persistir, avise o suporte"),
)
DISK = (
    "Veja se a pasta permite gravação, se há espaço no disco e se outra janela (o JupyterLab, por exemplo) "
    "a está usando, e repita o comando."
)


class SetupError(Exception):
    """The one sentence that the person reads when there is no environment to hand over to."""


def unsupported(version, platform):
    """What to do when this Python can't run Carteira, in both languages; empty when it can."""
    if OLDEST <= tuple(version[:2]) <= NEWEST and platform not in ("win32", "win-arm64"):
        return ""
    found = "{}.{}".format(*version)
    bits = " (Windows x86-64)" if platform.startswith("win") else ""
    return (
        f"A Carteira precisa do Python 3.11 a 3.14{bits}; este é o {found} ({platform}). "
        "Instale um deles (python.org) e repita o comando com ele.\n"
        f"Carteira needs Python 3.11 to 3.14{bits}; this is {found} ({platform}). "
        "Install one of them (python.org) and repeat the command with it."
    )


def child_environment(environment, venv):
    """The environment variables of every process started here: those of an activated `.venv`, in UTF-8."""
    # PYTHONDONTWRITEBYTECODE would make every later run compile the libraries anew (4 s a process):
    # they are installed uncompiled, and Python keeps what it compiles on first import.
    foreign = ("HOME", "PATH", "OPTIMIZE", "INSPECT", "EXECUTABLE", "PLATLIBDIR", "DONTWRITEBYTECODE")
    drop = {"PYTHON" + name for name in foreign} | {"__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    kept = {name: value for name, value in environment.items() if name.upper() not in drop}
    kept.update(PYTHONUTF8="1", PYTHONNOUSERSITE="1", VIRTUAL_ENV=venv, PIP_USER="0")
    kept["PATH"] = os.path.dirname(venv_python(venv)) + os.pathsep + kept.get("PATH", os.defpath)
    return kept


def venv_python(venv):
    return os.path.join(venv, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))


def python_version(python):
    """The version that an interpreter says it has ("3.11"); empty when it doesn't start."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run([python, "-ISc", code], stdout=subprocess.PIPE, timeout=60).stdout.decode().strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def lock_digest(root):
    with open(os.path.join(root, "requirements.lock"), "rb") as lock:
        return hashlib.sha256(lock.read()).hexdigest()


def read_stamp(venv):
    """What was written when the environment was complete; empty when it never was."""
    try:
        with open(os.path.join(venv, STAMP), encoding="utf-8") as file:
            stamp = json.load(file)
        return stamp if {"lock", "python", "root", "site", "packages"} <= set(stamp) else {}
    except (OSError, ValueError, TypeError):
        return {}


def write_stamp(root, venv, site, packages):
    """Say that the environment is complete. Written last, and whole or not at all."""
    stamp = {
        "lock": lock_digest(root),
        "python": python_version(venv_python(venv)),
        "root": root,
        "site": os.path.relpath(site, venv),
        "packages": sorted(packages),
    }
    with open(os.path.join(venv, STAMP + ".new"), "w", encoding="utf-8") as file:
        json.dump(stamp, file, ensure_ascii=False, indent=0)
    os.replace(os.path.join(venv, STAMP + ".new"), os.path.join(venv, STAMP))


def problem(root, venv):
    """Why the environment can't be used, in a clause in Portuguese; empty when it can."""
    stamp = read_stamp(venv)
    if not stamp:
        return "a instalação anterior não terminou"
    if stamp["lock"] != lock_digest(root):
        return "as versões das bibliotecas mudaram"
    if not same_folder(stamp["root"], root):
        return "a pasta da Carteira mudou de lugar"
    missing = set(stamp["packages"]) - contents(os.path.join(venv, stamp["site"]))
    if missing:
        return f"falta {min(missing)} na pasta .venv"
    if python_version(venv_python(venv)) != stamp["python"]:
        return "o Python com que ele foi feito mudou"
    return ""


def same_folder(one, other):
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def contents(folder):
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def say(sentence):
    print(sentence, file=sys.stderr, flush=True)


def try_lock(descriptor):
    """Lock an open file; False when another process holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Any other error: a disk that knows no locks. Going on alone is better than not at all.
        return error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
    return True


@contextlib.contextmanager
def exclusive(path):
    """Let one launch at a time prepare the environment; the others wait.

    The system frees the lock when its holder ends, however that happens: no lock goes stale.
    """
    with open(path, "ab") as file:
        waiting = False
        while not try_lock(file.fileno()):
            if not waiting:
                say("Outra janela está preparando o ambiente; aguardando que termine...")
            waiting = True
            time.sleep(0.2)
        yield file.fileno()


def cause(log):
    """What went wrong and what to do, in Portuguese, from the log of an installation that failed."""
    return next(said for pattern, said in CAUSES if re.search(pattern, log))


class Installer:
    """Runs the steps that fill `.venv`, their output in a log."""

    def __init__(self, root, venv, lock):
        self.root, self.venv, self.lock = root, venv, lock
        self.log = os.path.join(root, LOG)
        self.environment = child_environment(os.environ, venv)
        self.environment.update(PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_PROGRESS_BAR="off")
        self.environment.setdefault("PIP_RETRIES", "3")
        self.started = time.monotonic()

    def run(self, *arguments):
        """Run a module of `.venv`'s Python to its end."""
        # The child holds the lock too: were this process killed, the next launch waits
        # for the orphan instead of building under its feet.
        inherit = {} if os.name == "nt" else {"pass_fds": (self.lock,)}
        command = [venv_python(self.venv), "-P", "-m", *arguments]
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, **inherit
            )
            try:
                while self.running(process):
                    self.show_progress()
            except BaseException:
                process.terminate()
                process.wait()
                raise
        if process.returncode:
            raise SetupError(f"Não foi possível preparar o ambiente: {cause(self.log_text())}. Detalhes em {self.log}")

    def running(self, process):
        try:
            process.wait(timeout=0.5)
            return False
        except subprocess.TimeoutExpired:
            return True

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def show_progress(self):
        """One line that changes in place, only where a person watches."""
        if not sys.stderr.isatty():
            return
        text = self.log_text()
        found = text.count("Collecting ")
        step = (
            "instalando"
            if "Installing collected" in text
            else f"{found} bibliotecas baixadas"
            if found
            else "Python e pip"
        )
        # Blanks, not an escape sequence, wipe the rest of the line: Windows' older console prints those.
        sys.stderr.write("\r{:<50}\r".format(f"  {time.monotonic() - self.started:.0f} s, {step}"))
        sys.stderr.flush()

    def fill(self):
        """Make the environment: Python, pip, the locked libraries, `carteira_lib`, and last the stamp."""
        import venv

        venv.EnvBuilder(symlinks=os.name != "nt", prompt="carteira").create(self.venv)
        site = sysconfig.get_path("purelib", "venv", {"base": self.venv, "platbase": self.venv})
        self.run("ensurepip", "--upgrade", "--default-pip")
        before = contents(site)
        # Wheels only: building one would fetch its tools without a hash. No resolving: the lock is
        # complete (tested). No compiling: what is never imported needn't be (15 s less).
        options = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--no-compile"]
        self.run("pip", "install", *options, "-r", os.path.join(self.root, "requirements.lock"))
        # Relative, since Python 3.11 reads .pth files in the system's encoding, not always in UTF-8.
        with open(os.path.join(site, "carteira.pth"), "w", encoding="ascii") as file:
            file.write(os.path.relpath(self.root, site) + "\n")
        write_stamp(self.root, self.venv, site, contents(site) - before - {"__pycache__"})


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def rebuild(root, venv, lock):
    """Replace the environment; where that fails, the earlier one is back in its place."""
    old = venv + ".old"
    if os.path.lexists(old):
        remove(venv)  # half made: the launch that set the old one aside was killed
    elif os.path.lexists(venv):
        os.rename(venv, old)
    try:
        installer = Installer(root, venv, lock)
        remove(installer.log)
        installer.fill()
        remove(installer.log)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(venv)
            if os.path.lexists(old):
                os.rename(old, venv)
        raise
    shutil.rmtree(old, ignore_errors=True)


def prepare(root, venv):
    """Make or heal the environment unless it is sound."""
    reason = problem(root, venv)
    if not reason:
        return
    if not os.path.lexists(venv):
        say("Preparando o ambiente pela primeira vez (cerca de 1 minuto)...")
    else:
        say(f"Refazendo o ambiente, pois {reason} (cerca de 1 minuto)...")
    started = time.monotonic()
    with exclusive(venv + ".lock") as lock:
        if problem(root, venv):  # else: another launch made it meanwhile
            rebuild(root, venv, lock)
    say(f"Ambiente pronto em {time.monotonic() - started:.0f} s.")


def hand_over(command, environment):
    """Become the command; where the system can't, wait for it and return its exit code."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execve(command[0], command, environment)
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the command got the same Ctrl-C and ends by itself


def version(root):
    with open(os.path.join(root, "carteira_lib", "__init__.py"), encoding="utf-8") as file:
        return re.search(r'__version__ = "(.+?)"', file.read()).group(1)


def main(arguments):
    sentence = unsupported(sys.version_info, sysconfig.get_platform())
    if sentence:
        say(sentence)
        return 2
    if not arguments or arguments[0] in ("-h", "--help", "--version"):
        sys.stdout.reconfigure(errors="replace")
        print(f"Carteira {version(ROOT)}" if arguments[:1] == ["--version"] else HELP)
        return 0 if arguments else 2
    venv = os.path.join(ROOT, ".venv")
    try:
        prepare(ROOT, venv)
    except KeyboardInterrupt:
        say("Interrompido; o próximo comando recomeça a preparação do ambiente.")
        return 130
    except SetupError as error:
        say(str(error))
        return 2
    except OSError as error:
        say(f"Não foi possível preparar o ambiente em {venv}: {error}. {DISK}")
        return 2
    environment = child_environment(os.environ, venv)
    module = ["carteira_lib", *arguments]
    if arguments[0] == "test":
        os.chdir(ROOT)
        environment.setdefault("OMP_NUM_THREADS", "1")  # figures are compared: one order of summation
        module = ["pytest", "--numprocesses=2", *arguments[1:]]
    return hand_over([venv_python(venv), "-P", "-m", *module], environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
