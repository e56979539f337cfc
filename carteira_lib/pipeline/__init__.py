"""One params file in, a published report out: which notebooks run, in what order, in which kernels, and what is left.

``run(file, options)`` is the whole of it. `params` checks the file against the notebooks, `order` knows what each
notebook needs, `execution` runs one, `staging` publishes whole or not at all, `refresh` keeps the committed notebooks.
"""

from carteira_lib.pipeline.params import ParamsError
from carteira_lib.pipeline.runner import Options, Result, run, run_all

__all__ = ["Options", "ParamsError", "Result", "run", "run_all"]
