"""The calculators: what an organisation would pay a month, and what one operation costs.

Every figure comes from the functions that bills and charges use; there is no second formula here.
"""
