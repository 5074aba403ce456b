"""What a unit of paid work costs: price books, dated rates, the rate card, volume schemes.

Owns the price books and their catalogue, provider prices, exchange rates and the arithmetic from
cost to tokens. Must never know who pays: no wallets, no organisations, no charges.
"""
