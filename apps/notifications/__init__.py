"""What people are told about: in the page and by e-mail, each once.

Owns notices. Hears events of the floors below; must never decide anything about money.
"""
