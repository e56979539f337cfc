"""NPS with honest statistics: how sure the score is, who did not answer, what changed, what goes with it, what to do.

`score` counts and gives intervals, `evidence` tests differences.
"""
