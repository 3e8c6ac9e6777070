"""Running cases in processes of their own: what a case does costs that case alone.

Three kinds of process. The one that asks (:mod:`.suite`) never loads a target. Each of its threads has a keeper
(:mod:`.keeper`), in which no code of a target ever runs: it forks workers (:mod:`.worker`), holds them to their limits,
and judges what they say. Between them go messages of plain JSON.
"""
