"""The pages on which a person corrects a run: a web server, a journal that loses nothing, and a model that learns.

`names` reads what there is to judge, `actions` turns what a page asks for into verdicts, `decisions` and `journal` keep
them, `feedback_file` writes them as corrections, `order` says what to look at first, `learning` tunes the model again,
and `session` puts these together; `server` and `safety` are all that is seen of it from a browser, whose part lies in
`assets`.
"""
