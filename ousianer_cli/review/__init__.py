"""The pages on which a person corrects a run: a web server, a journal that loses nothing, and a model that learns.

`names` reads what there is to judge, `decisions` and `journal` keep what annotators said, `feedback_file` writes it as
corrections, `order` says what to look at first, `learning` tunes the model again, and `session` puts these together;
`server` and `safety` are all that is seen of it from a browser, whose part lies in `assets`.
"""
