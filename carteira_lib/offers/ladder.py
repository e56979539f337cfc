"""The ladder of versions of a family: which product is one step up from which, and where the steps cannot be told."""

from __future__ import annotations

import itertools

import pandas as pd

DECIMALS = 9  # so that 16 over 10 is a step of 60 % and no more
MAX_STEP = 0.60  # a dearer jump is another purchase, not a better version
PROBLEMS = (
    "no_products", "no_ladder", "tier_not_number", "one_tier", "gap", "same_tier", "no_price", "price_not_rising",
    "step_too_high",
)  # fmt: skip
STEPS = (
    "family",
    "product_id",
    "next_product_id",
    "price",
    "next_price",
    "price_step",
    "gain",
    "product_on_sale",
    "next_on_sale",
)


def ladder(products: pd.DataFrame, margin: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The steps that can be offered, and what is wrong with the others.

    Parameters
    ----------
    products : DataFrame
        Contract ``products``.
    margin : float
        Share of the price that is margin where a product has no cost.

    Returns
    -------
    steps : DataFrame
        One row per pair of neighbouring versions whose price rises: `STEPS`. ``price_step`` is the rise of the price,
        ``gain`` the margin of a unit of the dearer over one of the cheaper.
    problems : DataFrame
        ``family``, ``problem`` (one of `PROBLEMS`); a family may stand in both.

    Notes
    -----
    Two products of one level, a missing level and a price that does not rise leave no step there: nobody is offered a
    "better" version that is cheaper. A step of more than 60 % is listed as a problem and not as a step to offer upwards, but
    its cheaper side may still be offered downwards.
    """
    if products.empty:
        return _no_steps(), _problems([(None, "no_products")])
    tiered = products[products["family"].notna() & products["tier"].notna()].drop_duplicates("product_id")
    if tiered.empty:
        return _no_steps(), _problems([(None, "no_ladder")])
    level = pd.to_numeric(tiered["tier"].astype("str").str.strip().str.replace(",", "."), errors="coerce")
    tiered = tiered.assign(level=level)
    rows, problems, usual = [], [], _usual_rise(tiered)
    for family, part in tiered.groupby("family"):
        if part["level"].isna().any():
            problems.append((family, "tier_not_number"))
            continue
        if part["level"].nunique() < 2:
            problems.append((family, "one_tier"))
            continue
        found, wrong = _family(family, part, usual, margin)
        rows += found
        problems += [(family, code) for code in dict.fromkeys(wrong)]
    steps = pd.DataFrame(rows, columns=list(STEPS)) if rows else _no_steps()
    return steps, _problems(problems)


def _rises(levels: pd.Series) -> list[float]:
    return [b - a for a, b in itertools.pairwise(sorted(levels.dropna().unique()))]


def _usual_rise(tiered: pd.DataFrame) -> float:
    """By how much levels rise in the register: of the smallest rises of its families the most frequent, of several the smallest."""
    smallest = [min(rises) for _, part in tiered.groupby("family") if (rises := _rises(part["level"]))]
    return float(pd.Series(smallest).mode().min()) if smallest else 0.0


def _family(family: str, part: pd.DataFrame, usual: float, margin: float) -> tuple[list[tuple], list[str]]:
    rows, wrong, rises = [], [], _rises(part["level"])
    levels = sorted(part["level"].unique())
    # two levels alone do not tell a rise from a gap: the other families do
    usual = min(usual, *rises) if len(rises) == 1 else min(rises)
    for low, high in itertools.pairwise(levels):
        below, above = part[part["level"] == low], part[part["level"] == high]
        code = _wrong(below, above, high - low > usual)
        if code:
            wrong.append(code)
            continue
        lower, upper = below.iloc[0], above.iloc[0]
        step = round(float(upper["list_price"] / lower["list_price"] - 1), DECIMALS)
        if step > MAX_STEP:
            wrong.append("step_too_high")
        gain = _unit_margin(upper, margin) - _unit_margin(lower, margin)
        prices = float(lower["list_price"]), float(upper["list_price"])
        sold = not _gone(lower), not _gone(upper)
        rows.append((family, lower["product_id"], upper["product_id"], *prices, step, gain, *sold))
    return rows, wrong


def _wrong(below: pd.DataFrame, above: pd.DataFrame, gap: bool) -> str:
    if len(below) > 1 or len(above) > 1:
        return "same_tier"
    if gap:
        return "gap"
    prices = below["list_price"].iloc[0], above["list_price"].iloc[0]
    if any(pd.isna(price) or price <= 0 for price in prices):
        return "no_price"
    return "" if prices[1] > prices[0] else "price_not_rising"


def unit_margin(products: pd.DataFrame, margin: float) -> pd.Series:
    """Margin of a unit of each product, by ``product_id``: price less cost, or `margin` of the price without a cost."""
    known = products.drop_duplicates("product_id").set_index("product_id")
    price, cost = known["list_price"].astype("float64"), known["unit_cost"].astype("float64")
    return (price - cost).fillna(margin * price)


def _unit_margin(product: pd.Series, margin: float) -> float:
    price, cost = float(product["list_price"]), product["unit_cost"]
    return margin * price if pd.isna(cost) else price - float(cost)


def _gone(product: pd.Series) -> bool:
    return not pd.isna(product["active"]) and not product["active"]


def _no_steps() -> pd.DataFrame:
    return pd.DataFrame(columns=list(STEPS))


def _problems(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["family", "problem"])
