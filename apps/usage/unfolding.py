"""A charge's JSON columns as rows and values, in SQL, on SQLite and PostgreSQL."""

from __future__ import annotations

from apps.core import sql


def draws(where: str) -> str:
    """A query of (charge_id, account_id, amount), one row for each draw of the charges ``c``."""
    if sql.is_postgresql():
        return (
            "SELECT c.id AS charge_id, (d.value->>0)::bigint AS account_id, (d.value->>4)::bigint AS amount "
            f"FROM usage_charge c CROSS JOIN LATERAL jsonb_array_elements(c.draws) AS d(value) WHERE {where}"
        )
    return (
        "SELECT c.id AS charge_id, json_extract(d.value, '$[0]') AS account_id, "
        "json_extract(d.value, '$[4]') AS amount "
        f"FROM usage_charge c, json_each(c.draws) d WHERE {where}"
    )


def breakdown_lines() -> str:
    """A query of (charge_id, amount), one row for each line of every charge's breakdown."""
    if sql.is_postgresql():
        return (
            "SELECT c.id AS charge_id, (b.value->>5)::bigint AS amount "
            "FROM usage_charge c CROSS JOIN LATERAL jsonb_array_elements(c.breakdown) AS b(value)"
        )
    return (
        "SELECT c.id AS charge_id, json_extract(b.value, '$[5]') AS amount "
        "FROM usage_charge c, json_each(c.breakdown) b"
    )


def day_of(scope: str) -> str:
    """The local day on which the charge ``c`` counts for a scope (an SQL expression), or NULL."""
    if sql.is_postgresql():
        return f"(c.days->>({scope})::text)::date"
    return f"json_extract(c.days, '$.\"' || ({scope}) || '\"')"


def cost_centres(charges: str) -> str:
    """A query of (charge_id, cost_centre) for the charges of a FROM clause whose charge is ``c``."""
    if sql.is_postgresql():
        return (
            "SELECT c.id AS charge_id, p.value AS cost_centre FROM usage_charge c "
            f"CROSS JOIN LATERAL jsonb_array_elements_text(c.cost_centre_path) AS p(value) WHERE {charges}"
        )
    return (
        "SELECT c.id AS charge_id, p.value AS cost_centre FROM usage_charge c, "
        f"json_each(c.cost_centre_path) p WHERE {charges}"
    )
