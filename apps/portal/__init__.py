"""The HTML face of Scrip, for people.

Must never know: the JSON API; holds no rules, only pages.
"""
