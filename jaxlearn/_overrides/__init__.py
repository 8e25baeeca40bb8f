"""How a class, or a mode, takes over torch's functions: the protocol ``__torch_function__``.

Nothing of it is on the way of a program that has no such class: the public functions are what they are. The first class
with an override (or the first mode that is entered) changes the code of all of them at once; see :mod:`.entries`.
"""
