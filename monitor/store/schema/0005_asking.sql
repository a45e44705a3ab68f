-- Ways into the book for those who ask later: which plant was in force, who seals a series, how one alarm stood.

CREATE INDEX book_of_starts ON book (kind, at) WHERE kind IN ('start', 'sealing');
CREATE INDEX book_of_alarms ON book ((body ->> 'alarm'), at) WHERE kind = 'transition';
