"""What was known of a client on a date -> numbers without a unit that a model can learn from, in six groups.

Times are divided by the client's own cycle or by the horizon, money by the portfolio's median order, so that what was
learned on one date, or in euros, holds on another.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import log_ndtr

from carteira_lib.cycles import PSEUDO_GAPS, own_cycle_days
from carteira_lib.features.past import INTENSITIES, ORDER_WINDOWS, REVENUE_WINDOWS
from carteira_lib.purchase_models import PurchaseModel, buying_histories, weak_prior

#: Standard deviation of a client's log gaps before any of them is known: that of an exponential's, halved.
USUAL_SPREAD = 0.8
LARGEST_LOGIT = 9.0
MOST_CYCLES = 10.0
SMALLEST = 1e-4
BASE_MODELS = ("bg_nbd", "mbg_cnbd")
GROUPS = {
    "silence": (
        "silence", "silence_in_spreads", "silent_cycles", "silence_horizons", "return_odds", "return_odds_pooled",
        "stopped_bg_nbd", "stopped_mbg_cnbd",
    ),
    "slowdown": ("orders_against_rhythm", "orders_against_rhythm_two", "last_gap", "recent_gaps"),
    "frequency": (
        "log_orders", "cycle_horizons", "log_orders_quarter", "log_orders_half", "log_orders_one", "log_orders_two",
        "log_intensity_half", "log_intensity_one", "log_intensity_two", "quiet_bg_nbd", "quiet_mbg_cnbd",
    ),
    "rhythm": ("spread",),
    "age": ("age_horizons",),
    "spend": (
        "order_value", "value_trend", "last_value", "log_revenue_one", "log_revenue_two", "log_revenue_four", "total_value",
        "products", "new_products", "lines_per_order",
    ),
}  # fmt: skip
SIGNALS = tuple(name for names in GROUPS.values() for name in names)


def described(
    history: pd.DataFrame, *, horizon_days: int, min_orders: int = 3, sample: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The clients of one date with their signals and what the purchase models, fitted on that date, say of them.

    Parameters
    ----------
    history : DataFrame
        Rows of one ``as_of`` of `features.history`: all clients known then.
    horizon_days : int
    min_orders : int
        Orders that bring a client into the portfolio, whose typical gap and order value are the yardsticks.
    sample : DataFrame, optional
        Rows like `history` that yardsticks and purchase models are learned from, in place of all of it.

    Returns
    -------
    DataFrame, index of `history`
        The columns of `history`, `SIGNALS`, and

        - ``own_cycle_days``, ``typical_gap_days``: geometric mean of the client's gaps, shrunk to the portfolio's
        - ``base_logit``: log-odds of no order in the horizon, mean of the purchase models that converged
        - ``bg_nbd_logit``: that of BG/NBD alone; NaN where it did not converge
        - ``p_alive``: mean probability of not having stopped for good
        - ``orders_if_buying``: mean orders in the horizon given that there is one
        - ``churned``: no order in the horizon that followed; NaN where that is not known

    Notes
    -----
    Where no purchase model converges ``base_logit`` is NaN, and there is nothing to publish.
    """
    clients = history.reset_index(drop=True)
    known = clients if sample is None else sample
    inside = known["frequency"] >= min_orders
    yardsticks = known[inside] if inside.any() else known
    rhythm = _rhythm(clients, yardsticks)
    models = _purchase_models(clients, known, horizon_days)
    signals = {
        **_silence(clients, rhythm, horizon_days),
        **_activity(clients, rhythm, horizon_days),
        **_money(clients, yardsticks),
        **{name: models.pop(name) for name in SIGNALS if name in models},
    }
    churned = (clients["next_orders"] == 0).astype("float64").where(clients["next_orders"].notna())
    extra = {
        "own_cycle_days": rhythm["cycle"],
        "typical_gap_days": rhythm["typical"],
        **models,
        "churned": churned,
    }
    return pd.concat([clients, pd.DataFrame({**signals, **extra})], axis=1).set_index(history.index)


def _rhythm(clients: pd.DataFrame, yardsticks: pd.DataFrame) -> dict[str, np.ndarray | float]:
    """Own cycle and spread of each client, and the portfolio's typical gap."""
    gaps = yardsticks["gap_count"].sum()
    typical = float(np.exp(yardsticks["log_gap_sum"].sum() / gaps)) if gaps else 1.0
    count = clients["gap_count"].to_numpy("float64")
    squares = (clients["log_gap_square_sum"] - clients["log_gap_sum"] ** 2 / np.maximum(count, 1)).clip(lower=0)
    variance = (squares + PSEUDO_GAPS * USUAL_SPREAD**2) / (np.maximum(count - 1, 0) + PSEUDO_GAPS)
    cycle = own_cycle_days(clients["gap_count"], clients["log_gap_sum"], typical)
    return {"cycle": cycle.to_numpy(), "spread": np.sqrt(variance).to_numpy(), "typical": typical}


def _silence(clients: pd.DataFrame, rhythm: dict, horizon: int) -> dict[str, np.ndarray]:
    """How long the client has been silent, in its own cycles, in its own spreads, and in horizons."""
    recency, cycle, spread = clients["recency_days"].to_numpy("float64"), rhythm["cycle"], rhythm["spread"]
    pooled = np.full(len(clients), np.median(spread) if len(spread) else USUAL_SPREAD)
    silence = np.log((recency + 1) / cycle)
    return {
        "silence": silence,
        "silence_in_spreads": silence / spread,
        "silent_cycles": np.minimum(recency / cycle, MOST_CYCLES),
        "silence_horizons": np.log((recency + 1) / horizon),
        "return_odds": _still_silent(recency, cycle, spread, horizon),
        "return_odds_pooled": _still_silent(recency, cycle, pooled, horizon),
    }


def _still_silent(recency: np.ndarray, cycle: np.ndarray, spread: np.ndarray, horizon: int) -> np.ndarray:
    """Log-odds that a lognormal gap which lasted until now outlasts the horizon: no stopping, only rhythm."""
    centre = np.log(cycle)
    ahead = log_ndtr((centre - np.log(recency + 0.5 + horizon)) / spread)
    so_far = log_ndtr((centre - np.log(recency + 0.5)) / spread)
    log_chance = np.minimum(ahead - so_far, -1e-9)
    return np.clip(log_chance - np.log(-np.expm1(log_chance)), -LARGEST_LOGIT, LARGEST_LOGIT)


def _activity(clients: pd.DataFrame, rhythm: dict, horizon: int) -> dict[str, np.ndarray]:
    """How much the client orders, how much lately against its own rhythm, how regularly, and since when."""
    orders, age = clients["frequency"].to_numpy("float64"), clients["tenure_days"].to_numpy("float64")
    rate = orders / (age + horizon / 2)
    log_cycle = np.log(rhythm["cycle"])
    levels = {f"log_{name}": np.log1p(clients[name].to_numpy("float64")) for name in ORDER_WINDOWS}
    levels |= {f"log_{name}": np.log(clients[name].to_numpy("float64") + 0.05) for name in INTENSITIES}
    against = {
        f"orders_against_rhythm{suffix}": np.log(
            (clients[window].to_numpy("float64") + 0.5) / (rate * np.minimum(horizons * horizon, age + 1) + 0.5)
        )
        for suffix, window, horizons in (("", "orders_one", 1), ("_two", "orders_two", 2))
    }
    return {
        **levels,
        **against,
        "last_gap": np.log(clients["last_gap_days"].fillna(rhythm["typical"]).to_numpy("float64")) - log_cycle,
        "recent_gaps": clients["recent_log_gap"].fillna(np.log(rhythm["typical"])).to_numpy("float64") - log_cycle,
        "log_orders": np.log(orders),
        "cycle_horizons": log_cycle - np.log(horizon),
        "spread": rhythm["spread"],
        "age_horizons": np.log((age + 1) / horizon),
    }


def _money(clients: pd.DataFrame, yardsticks: pd.DataFrame) -> dict[str, np.ndarray]:
    """Size and trend of the orders, and how many products they hold."""
    unit = float(yardsticks["mean_order_value"].median()) if len(yardsticks) else 1.0
    mean = clients["mean_order_value"].to_numpy("float64")
    orders, lines = clients["frequency"].to_numpy("float64"), clients["line_count"].to_numpy("float64")
    sums = {
        f"log_{name}": np.log1p(np.maximum(clients[name].to_numpy("float64"), 0) / unit) for name in REVENUE_WINDOWS
    }
    return {
        **sums,
        "order_value": np.log(mean / unit),
        "value_trend": np.log(clients["recent_order_value"].to_numpy("float64") / mean),
        "last_value": np.log(clients["last_order_value"].to_numpy("float64") / mean),
        "total_value": np.log(orders * mean / unit),
        "products": np.log1p(clients["distinct_products"].to_numpy("float64")),
        "new_products": np.log1p(clients["new_products_two"].to_numpy("float64")),
        "lines_per_order": np.log1p(lines / orders),
    }


def _purchase_models(clients: pd.DataFrame, known: pd.DataFrame, horizon: int) -> dict[str, np.ndarray]:
    """What each purchase model, fitted on the known, says of the clients; and the mean of those that converged."""
    histories, learned = buying_histories(clients), buying_histories(known)
    nothing = np.full(len(clients), np.nan)
    logits, alive, expected, found = [], [], [], {}
    for name in BASE_MODELS:
        model = PurchaseModel(name, prior=weak_prior(learned, model=name)).fit(learned)
        converged = model.status_ == "converged"
        logit = model.no_purchase_logit(histories, horizon_days=horizon).to_numpy() if converged else nothing
        p_alive = model.alive_probability(histories).to_numpy() if converged else nothing
        found[f"{name}_logit"] = logit
        found[f"stopped_{name}"] = _log_odds(1 - p_alive) if converged else np.zeros_like(logit)
        found[f"quiet_{name}"] = _quiet(logit, p_alive) if converged else np.zeros_like(logit)
        if converged:
            logits.append(_clipped(logit))
            alive.append(p_alive)
            orders = model.expected_orders(histories, horizon_days=horizon).to_numpy()
            expected.append(orders / -np.expm1(-np.logaddexp(0, -logit)))
    mean = {"base_logit": logits, "p_alive": alive, "orders_if_buying": expected}
    return found | {name: np.mean(parts, axis=0) if parts else nothing for name, parts in mean.items()}


def _quiet(logit: np.ndarray, p_alive: np.ndarray) -> np.ndarray:
    """Log-odds of no order in the horizon of a client who has not stopped."""
    none = np.exp(-np.logaddexp(0, -logit))
    return _log_odds((none - (1 - p_alive)) / np.maximum(p_alive, SMALLEST))


def _log_odds(probability: np.ndarray) -> np.ndarray:
    inside = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return np.log(inside) - np.log1p(-inside)


def _clipped(logits: np.ndarray) -> np.ndarray:
    return np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
