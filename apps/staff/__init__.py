"""The staff's pages: where support, finance and operations find, explain and decide.

Must never know: the portal's pages, the API. Writes go through services; nothing here moves a token itself.
"""
