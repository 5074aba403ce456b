"""A believable year of three organisations, made by calling the services with a fixed seed.

`houses` and `uses` are data: who there is, what can be used. `rules` is what each organisation decided,
`seasons` when people work, `year` goes through the months and days, `story` tells what happened once and
`today` what stands open now; `past` lets it all happen in the order of time. Only for a demo: everybody has
the same password.
"""
