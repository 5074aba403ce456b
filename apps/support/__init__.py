"""Help for people: cases, proposals that a second person approves, adjustments, freezing.

Must never know: HTTP, pages.
"""
