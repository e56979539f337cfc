"""Churn toward inactivity: how probable it is that a client of the portfolio gives no order in the next horizon.

`plan` chooses the horizon and the past dates, `signals` describes the clients of a date, `model` learns and predicts,
`backtest` tells how good it was on past dates beside the rules that a company would use instead.

Contracts stand beside: `renewal_outcomes` says which were renewed, `renewal_signals` describes them on a date,
`renewal` and `renewal_model` learn and predict, `renewal_backtest` tells how good that was, and `renewal_scores` lists
those to renew.
"""
