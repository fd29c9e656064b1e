"""FITS and sky work, in a child process so that damaged or hostile files cannot harm the app.

`Science` is the door; `facts` are the records. Everything else here runs in the child.
"""
