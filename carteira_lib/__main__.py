"""The command line: ``run``, ``test``, ``lab`` and ``notebooks``. Exit codes: 0 fine, 1 a notebook failed, 2 refused."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

INTERRUPTED = 130
ROOT = Path(__file__).resolve().parents[1]


class Formatter(argparse.HelpFormatter):
    """Help in Portuguese."""

    def add_usage(self, usage, actions, groups, prefix="uso: "):
        super().add_usage(usage, actions, groups, prefix)


class Parser(argparse.ArgumentParser):
    """A parser that refuses in Portuguese."""

    def error(self, message: str):
        self.exit(2, f"{self.format_usage()}Não entendi o comando. Para ver as opções: {self.prog} --help\n")


def parser() -> Parser:
    """The command line's grammar."""
    description = "Carteira: entenda e trabalhe a carteira de clientes de uma empresa."
    whole = _portuguese(
        Parser("python carteira.py", description=description, formatter_class=Formatter, add_help=False)
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMANDO", title="comandos")
    run = _command(commands, "run", "executa os cadernos e publica o relatório")
    run.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="PARAMS",
        help="arquivos de parâmetros, ou uma pasta deles, ex. params/demo.yml",
    )
    run.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="CADERNO",
        help="só este caderno e aqueles que ele lê, ex. 04_churn",
    )
    run.add_argument("--output", type=Path, metavar="PASTA", help="pasta dos resultados, no lugar de output/")
    run.add_argument(
        "--workers", type=_positive, default=2, metavar="N", help="cadernos lado a lado, de todas as carteiras (2)"
    )
    run.add_argument(
        "--timeout", type=_positive, default=1800, metavar="SEGUNDOS", help="tempo máximo de uma célula (1800)"
    )
    _command(commands, "test", "confere a instalação: cadernos e biblioteca; o que vier depois vai para o pytest")
    _command(commands, "lab", "abre os cadernos no JupyterLab; o que vier depois vai para o JupyterLab")
    notebooks = _command(commands, "notebooks", "executa e normaliza os cadernos guardados no repositório")
    notebooks.add_argument("--check", action="store_true", help="só diz quais estão desatualizados")
    return whole


def _command(commands, name: str, help_text: str) -> Parser:
    return _portuguese(
        commands.add_parser(name, help=help_text, description=help_text, formatter_class=Formatter, add_help=False)
    )


def _portuguese(one: Parser) -> Parser:
    one._positionals.title, one._optionals.title = "argumentos", "opções"
    one.add_argument("-h", "--help", action="help", help="mostra esta ajuda")
    return one


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a console that lacks a character shows "?" instead of failing
    arguments, others = parser().parse_known_args(argv)
    if others and arguments.command in ("run", "notebooks"):
        parser().error(" ".join(others))
    earlier = signal.signal(signal.SIGTERM, _interrupt)  # ends like Ctrl-C: kernels too, and nothing half done is left
    try:
        return _command_of(arguments, others)
    except KeyboardInterrupt:
        print("\nInterrompido. Os resultados anteriores continuam como estavam.", file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _interrupt(signum, frame):
    raise KeyboardInterrupt


def _command_of(arguments: argparse.Namespace, others: Sequence[str]) -> int:
    if arguments.command == "run":
        return _run(arguments)
    if arguments.command == "notebooks":
        return _notebooks(arguments)
    return _lab(others) if arguments.command == "lab" else _test(others)


def _run(arguments: argparse.Namespace) -> int:
    from carteira_lib import pipeline

    options = pipeline.Options(
        tuple(arguments.only), arguments.output, workers=arguments.workers, cell_timeout=arguments.timeout
    )
    results = list(pipeline.run_all(arguments.files, options))
    for result in results:
        if result.message:
            print(result.message, file=sys.stderr, flush=True)
    several = len(results) > 1
    for result in results:
        if several or result.page:
            print(result.line if several else result.page, flush=True)
    return max(result.code for result in results)


def _notebooks(arguments: argparse.Namespace) -> int:
    from carteira_lib.pipeline import refresh

    problems = refresh.refresh(check=arguments.check)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _lab(others: Sequence[str]) -> int:
    from carteira_lib.pipeline import lab

    return lab.lab(others)


def _test(others: Sequence[str]) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", "--numprocesses=2", *others], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
