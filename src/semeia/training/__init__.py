"""A recipe becomes a model: prepare windows, fit, checkpoint, resume.

Everything random in a training is drawn from (seed, epoch, step), so a state needs no generators, and a training that
was killed goes on to the same weights, bit for bit (on the CPU; same machine, versions and thread count).
"""
