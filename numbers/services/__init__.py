"""Every write to numbers: the only writers for wizards, REST, admin and tasks.

Errors are Django's ``ValidationError`` by field, ``PermissionDenied`` or ``Blocked``. Each
function commits on its own, unless the caller holds a transaction, and leaves an audit
entry and a line of the number's history. Carriers are called outside transactions.
"""
