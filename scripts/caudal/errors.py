"""The one exception that is meant for the user's eyes."""


class UserError(ValueError):
    """Something the user can mend: the message is a whole sentence that says what and how.

    Scripts print it alone; any other exception is a defect of ours and keeps its traceback.
    """
