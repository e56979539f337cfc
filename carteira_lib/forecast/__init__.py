"""What the coming months bring, how sure that is, and whether goals with a date will be reached.

`months` counts whole months, `seasonal` holds the ways of forecasting, `backtest` lets this portfolio's own past choose
among them and tells how far they were off, `segments` splits the whole among its parts. `flow` simulates clients, `paths`
series; `probability` blends both, `calibration` asks past goals whether such probabilities came true, and `goals` judges
each goal: where it stands, the pace it needs, and how probable it is.
"""
