"""The child process that computes, so that damaged or hostile files cannot harm the app.

`client.Science` is what the app asks, `messages` are the records between the two, `worker` answers
in the child within `limits`. What a FITS header says is read there, by `fits/headers.py`.
"""
