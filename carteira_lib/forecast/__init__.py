"""What the coming months bring, how sure that is, and whether goals with a date will be reached.

`months` counts whole months, `seasonal` holds the ways of forecasting, `backtest` lets this portfolio's own past choose
among them and tells how far they were off, `weeks` adds the next 4 and 12 weeks, `segments` splits the whole among its
parts, and `bridge` tells what it is made of. `flow` simulates clients, `paths`
series; `probability` blends both, `calibration` asks past goals whether such probabilities came true, and `goals` judges
each goal: where it stands, the pace it needs, and how probable it is.
"""
