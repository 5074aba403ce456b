"""A believable past of three organisations, made by calling the services with a fixed seed.

`people` says who there is, `rules` what each organisation decided, `work` what people use, `past` goes
through the days in their order. Only for a demo: everybody has the same password.
"""
