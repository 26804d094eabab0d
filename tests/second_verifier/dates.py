"""Days, and dates as EDTF spells them: section 2.6."""

import re
from datetime import date

MONTH = "(0[1-9]|1[0-2])"
DAY = rf"\d{{4}}-({MONTH}-\d\d|{MONTH}-XX|XX-XX|{MONTH}|XX|2[1-4])|\d{{2}}(\d\d|\dX|XX)(-XX)?"
DATE = rf"({DAY})[?~%]?|\d{{4}}-{MONTH}-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-]\d\d(:\d\d)?)?"
EDTF = re.compile(rf"({DATE})(/({DATE}|\.\.)?)?|(\.\.)?/({DATE})", re.ASCII)


def is_day(text):
    """Whether YYYY-MM-DD is a day; the year 0000, which Python does not have, has the days of 2000."""
    try:
        return bool(date.fromisoformat(re.sub("^0000-", "2000-", text)))
    except ValueError:
        return False


def is_edtf(text):
    return bool(EDTF.fullmatch(text)) and all(map(is_day, re.findall(r"\d{4}-\d\d-\d\d", text)))
