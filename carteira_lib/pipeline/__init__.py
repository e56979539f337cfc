"""One params file in, a published report out: which notebooks run, in what order, in which kernels, and what is left.

``run(file, options)`` is the whole of it, ``run_all`` that of several side by side. `params` checks a file against the
notebooks, `order` knows what each notebook needs, `crew` shares the work out, `execution` runs one notebook in a kernel
of `kernels`, `staging` publishes whole or not at all, `overview` keeps the index over several runs, `refresh` the
committed notebooks.
"""

from carteira_lib.pipeline.params import ParamsError
from carteira_lib.pipeline.runner import Options, Result, pages, run, run_all

__all__ = ["Options", "ParamsError", "Result", "pages", "run", "run_all"]
