"""What CI posts, described once: the typed form of every callback, in pydantic.

Nothing here ships. `make generate` writes from it what does, and what readers of results need:

    handler/ci_callback/shapes/   what is a list, a number, a time: one small module per Tag
    schemas/<Tag>.json            JSON Schema of the result object
    docs/results.md               per Tag the fields, their types and meaning, and an example

`fields` is the vocabulary, `job` what all jobs share, and each further module a family of Tags.
"""
