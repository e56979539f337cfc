"""Contacts and events of the CRM, told from the rows that an earlier list of page 06 left there."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

LIST_STEMS = ("lista:", "list:")  # how the kind of a row of an earlier list begins, in Portuguese and in English


def contacts(interactions: ir.Table) -> ir.Table:
    """The rows of contract ``interactions`` that tell of a contact or an event.

    Notes
    -----
    A list is a plan, and part of its clients were held back by lot: such a row is no contact. That a call was made stands in its
    status alone, which page 06 reads.
    """
    return interactions.filter(~_is_of_a_list(interactions))


def earlier_lists(interactions: ir.Table) -> ir.Table:
    """The other rows: who stood on an earlier list, who was held back, and what came of it."""
    return interactions.filter(_is_of_a_list(interactions))


def _is_of_a_list(interactions: ir.Table) -> ir.BooleanValue:
    kind = interactions.kind.fill_null("").strip().lower()
    return ibis.or_(*(kind.startswith(stem) for stem in LIST_STEMS))
