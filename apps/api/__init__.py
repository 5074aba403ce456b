"""The JSON face of Scrip, for the learning platform's services.

Must never know: the pages of the portal; holds no rules, only shapes.
"""
